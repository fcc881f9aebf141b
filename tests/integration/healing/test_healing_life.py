"""Watching, cancelling, deciding, and the second door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import redis.asyncio

from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_core.events.streams import AUTOMATION_ERRORS

from .conftest import Caller, write


async def test_a_cancelled_healing_ends_at_once_and_its_watch_with_it(caller: Caller, hanging: Path) -> None:
    """Also for one who watches again after the last entry."""
    name = (await caller.create(hanging)).name
    await caller.watch_up_to(name, healing_pb2.STAGE_RUN)
    request = healing_pb2.CancelHealingRequest(name=name)
    cancelled = (await caller.maestro.healing.CancelHealing(request)).healing
    assert cancelled.state == healing_pb2.HEALING_STATE_CANCELLED
    watch = healing_pb2.WatchHealingRequest(name=name)
    entries = [entry async for entry in caller.maestro.healing.WatchHealing(watch)]
    assert [entry.healing.state for entry in entries if entry.healing.name] == [1, 2, 5]
    watch.resume_token = entries[-1].sequence
    again = [entry async for entry in caller.maestro.healing.WatchHealing(watch)]
    assert again[-1].healing.state == healing_pb2.HEALING_STATE_CANCELLED


async def test_commands_come_in_by_the_stream_too(
    caller: Caller, projects: Path, token: Callable[..., str], redis_url: str
) -> None:
    """A healing is made; a failure that was found is taken without one."""
    write(projects / "none", {"a.py": "x = 1\n"})
    command = healing_pb2.CreateHealingRequest(
        parent=caller.parent,
        healing_id="by-stream",
        spec=healing_pb2.HealingSpec(path=str(projects / "none"), python=str(caller.python)),
    )
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        for message in (monitor_pb2.ErrorFound(subject="test_a"), command):
            fields = {
                "specversion": "1.0",
                "id": f"event-{message.DESCRIPTOR.name}",
                "source": "/test",
                "time": datetime.now(UTC).isoformat(),
                "type": message.DESCRIPTOR.full_name,
                "datacontenttype": "application/protobuf",
                "data": message.SerializeToString(),
                "token": token(),
            }
            await client.xadd(AUTOMATION_ERRORS, fields)
        name = f"{caller.parent}/healings/by-stream"
        page = healing_pb2.ListHealingsRequest(parent=caller.parent)
        async with asyncio.timeout(20):
            while not (await caller.maestro.healing.ListHealings(page)).healings:
                await asyncio.sleep(0.05)
        assert (await caller.ended(name)).failure.reason == "NO_TESTS"
        assert not await client.exists(f"{AUTOMATION_ERRORS}:dead")


async def test_strategies_and_the_guard(caller: Caller) -> None:
    """Both answer without a project."""
    listed = await caller.maestro.healing.ListStrategies(
        healing_pb2.ListStrategiesRequest(parent=caller.parent)
    )
    assert len({one.id for one in listed.strategies if one.heals and one.evidence}) == 7
    available = {one.id for one in listed.strategies if one.available}
    assert available >= {"api_contract_adaptation", "dependency_fix"}
    change = healing_pb2.FileChange(
        path="test_a.py",
        old=b"def test():\n    assert f() == 1\n",
        new=b"def test():\n    f()\n",
    )
    found = await caller.maestro.healing.CheckChange(
        healing_pb2.CheckChangeRequest(parent=caller.parent, files=[change])
    )
    assert [finding.kind for finding in found.findings] == ["assertion_deleted"]
