"""Processes that end in the middle of a monitor's work: each error is told once, each heal is a branch once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import redis.asyncio

from maestro.environment.v1 import environment_pb2
from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_client import watch
from maestro_core.events.streams import AUTOMATION_ERRORS, AUTOMATION_RESULTS

from .conftest import Caller, Connected, git
from .monitoring import create, reaches
from .service import ServiceProcess

# Services start in it, and leases run out.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def renaming(renamed: Path) -> Path:
    """A project whose rename is still to come: it is the branch `next`."""
    git(renamed, "branch", "next")
    git(renamed, "reset", "-q", "--hard", "HEAD~1")
    return renamed


async def told(redis_url: str, stream: str, name: str) -> list[bytes]:
    """What the entries of a stream about a resource say."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        entries = await client.xrange(stream)
    return [fields[b"data"] for _, fields in entries if fields[b"subject"] == name.encode()]


@pytest.mark.parametrize("moments", [("look", "told"), ("asked", "heal"), ("settling",)])
async def test_a_killed_service_does_nothing_twice(
    service: ServiceProcess,
    connected: Connected,
    renaming: Path,
    redis_url: str,
    moments: tuple[str, ...],
) -> None:
    """Killed in a look, as errors are published, as a healing is made, runs, or has just ended."""
    caller = await connected(service)
    monitor = await create(caller, path=str(renaming), heal=True)
    before = git(renaming, "rev-parse", "HEAD")
    await reaches(caller, monitor.name, lambda now: now.last_revision == before)
    git(renaming, "reset", "-q", "--hard", "next")
    seen: list[monitor_pb2.WatchErrorsResponse] = []
    request = monitor_pb2.WatchErrorsRequest(parent=caller.parent, resume_token=0)

    async def read(maestro: Caller) -> None:
        async for entry in watch(maestro.maestro.monitors.WatchErrors, request, patience=120):
            seen.append(entry)

    reading = asyncio.create_task(read(caller))
    for moment in moments:
        await _comes(caller, monitor.name, moment)
        await service.kill()
        service.start()
        caller = await connected(service)
    over = await reaches(caller, monitor.name, lambda now: any(one.outcome for one in now.healings), 120)
    (heal,) = over.healings
    assert heal.commit == git(renaming, "rev-parse", heal.branch), heal
    assert git(renaming, "for-each-ref", "--format=%(refname:short)", "refs/heads/maestro") == heal.branch
    looked = over.last_look_time.ToDatetime()
    await reaches(caller, monitor.name, lambda now: now.last_look_time.ToDatetime() > looked)
    errors = await told(redis_url, AUTOMATION_ERRORS, monitor.name)
    assert sorted(monitor_pb2.ErrorFound.FromString(one).subject for one in errors) == [
        "tests/test_prices.py::test_nothing",
        "tests/test_prices.py::test_total",
    ]
    assert len(await told(redis_url, AUTOMATION_RESULTS, heal.healing)) == 1
    listed = await caller.maestro.healing.ListHealings(healing_pb2.ListHealingsRequest(parent=caller.parent))
    assert [one.name for one in listed.healings] == [heal.healing]
    await caller.cleaned_up()
    reading.cancel()
    await asyncio.wait([reading])
    assert sorted(entry.error.subject for entry in seen if entry.HasField("error")) == [
        "tests/test_prices.py::test_nothing",
        "tests/test_prices.py::test_total",
    ]
    numbers = [entry.sequence for entry in seen]
    assert numbers == sorted(numbers)


async def _comes(caller: Caller, name: str, moment: str) -> None:
    """Wait for a moment in a monitor's life."""

    def healing_is(*states: int) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            request = healing_pb2.ListHealingsRequest(parent=caller.parent)
            listed = (await caller.maestro.healing.ListHealings(request)).healings
            return any(one.state in states for one in listed)

        return check

    async def looks() -> bool:
        request = environment_pb2.ListEnvironmentsRequest(parent=caller.parent)
        listed = (await caller.maestro.environments.ListEnvironments(request)).environments
        ready = [one for one in listed if one.state == environment_pb2.ENVIRONMENT_STATE_READY]
        return any(one.spec.labels["maestro.healing"] == "look-m" for one in ready)

    async def is_told() -> bool:
        get = monitor_pb2.GetMonitorRequest(name=name)
        return bool((await caller.maestro.monitors.GetMonitor(get)).monitor.healings)

    running, completed = healing_pb2.HEALING_STATE_RUNNING, healing_pb2.HEALING_STATE_COMPLETED
    checks = {
        "look": looks,
        "told": is_told,
        "asked": healing_is(healing_pb2.HEALING_STATE_PENDING, running, completed),
        "heal": healing_is(running, completed),
        "settling": healing_is(completed),
    }
    async with asyncio.timeout(90):
        while not await checks[moment]():
            await asyncio.sleep(0.01)
