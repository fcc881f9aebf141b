"""Processes that end or stand still in the middle of a healing: it ends once, with one result."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.asyncio

from maestro.healing.v1 import healing_pb2
from maestro_client import watch
from maestro_core.events.streams import AUTOMATION_RESULTS
from maestro_core.settings import Settings

from .conftest import Connected, write
from .service import ServiceProcess

# Services start in it, and leases run out.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RUNNING = healing_pb2.HEALING_STATE_RUNNING


@pytest.fixture
def other(environment: str, healing_settings: Settings, tmp_path: Path) -> Iterator[ServiceProcess]:
    """A second one on the same database, not started yet."""
    with ServiceProcess(healing_settings, tmp_path / "other.sock") as process:
        yield process


@pytest.fixture
def slow(renamed: Path) -> Path:
    """A project that can be healed, and whose tests take their time."""
    write(renamed, {"tests/test_slow.py": "import time\n\ndef test_slow():\n    time.sleep(2)\n"})
    return renamed


async def results(redis_url: str, name: str, seconds: float = 10) -> int:
    """How many results of a healing were published, once there is one."""
    async with redis.asyncio.Redis.from_url(redis_url) as client, asyncio.timeout(seconds):
        while True:
            entries = await client.xrange(AUTOMATION_RESULTS)
            if count := sum(fields[b"subject"] == name.encode() for _, fields in entries):
                return count
            await asyncio.sleep(0.05)


async def test_a_killed_service_takes_up_what_it_left(
    service: ServiceProcess, connected: Connected, slow: Path, redis_url: str, tmp_path: Path
) -> None:
    """The healing is begun again, ends once, and a watch goes on from where it broke off."""
    caller = await connected(service)
    maestro = caller.maestro
    healing = await caller.create(slow, base="HEAD~1")
    seen = await caller.watch_up_to(healing.name, healing_pb2.STAGE_RUN)
    await service.kill()
    service.start()
    request = healing_pb2.WatchHealingRequest(name=healing.name, resume_token=seen[-1].sequence)
    seen += [entry async for entry in watch(maestro.healing.WatchHealing, request, patience=90)]
    changes = [entry for entry in seen if entry.WhichOneof("change")]
    numbers = [entry.sequence for entry in changes]
    assert numbers == sorted(set(numbers))
    states = [entry.healing.state for entry in changes if entry.healing.name]
    assert states == [
        healing_pb2.HEALING_STATE_PENDING,
        RUNNING,
        RUNNING,
        healing_pb2.HEALING_STATE_COMPLETED,
    ]
    whole = healing_pb2.WatchHealingRequest(name=healing.name)
    again = [entry async for entry in maestro.healing.WatchHealing(whole) if entry.WhichOneof("change")]
    assert [entry.sequence for entry in again] == numbers
    assert len(seen[-1].healing.report.tests) == 2
    await caller.cleaned_up()
    await service.stop()
    assert await results(redis_url, healing.name) == 1
    assert [path.name for path in (tmp_path / "data/healing/work").iterdir()] == ["lock"]


async def test_a_service_that_stood_still_has_no_say_any_more(
    service: ServiceProcess, other: ServiceProcess, connected: Connected, slow: Path, redis_url: str
) -> None:
    """Another one took the healing over meanwhile, and what the first still does of it counts for nothing."""
    caller = await connected(service)
    healing = await caller.create(slow, base="HEAD~1")
    await caller.reaches(healing.name, lambda healing: healing.state == RUNNING)
    await service.stand_still()
    other.start()
    second = await connected(other)
    ended = await second.ended(healing.name, seconds=200)
    assert ended.state == healing_pb2.HEALING_STATE_COMPLETED, ended
    service.signal(signal.SIGCONT)
    assert (await caller.get(healing.name)).etag == ended.etag
    await service.stop()
    assert (await second.get(healing.name)).etag == ended.etag
    assert await results(redis_url, healing.name) == 1


async def test_a_stopped_service_hands_back_and_a_cancel_reaches_the_one_at_work(
    service: ServiceProcess, other: ServiceProcess, connected: Connected, hanging: Path, redis_url: str
) -> None:
    """Another one begins at once; a cancel may come to any of them."""
    caller = await connected(service)
    healing = await caller.create(hanging)
    await caller.reaches(healing.name, lambda healing: healing.state == RUNNING)
    await service.stop()
    other.start()
    second = await connected(other)
    await second.reaches(healing.name, lambda healing: healing.state == RUNNING, seconds=60)
    service.start()
    request = healing_pb2.CancelHealingRequest(name=healing.name)
    cancelled = (await (await connected(service)).maestro.healing.CancelHealing(request)).healing
    assert cancelled.state == healing_pb2.HEALING_STATE_CANCELLED
    await second.cleaned_up()
    assert await results(redis_url, healing.name) == 1
