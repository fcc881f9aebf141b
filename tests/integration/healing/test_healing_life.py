"""Watching and cancelling; and what answers without a project."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from maestro.healing.v1 import healing_pb2
from maestro_core.settings import Settings

from .conftest import Caller


async def test_a_cancelled_healing_ends_at_once_and_its_watch_with_it(
    caller: Caller, hanging: Path, healing_settings: Settings
) -> None:
    """Also for one who watches again after the last entry. No job, process or file of it is left."""
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
    await caller.cleaned_up()
    work = healing_settings.data_dir / "healing" / "work"
    async with asyncio.timeout(10):
        while len([path for path in work.glob("*/*") if path.name != "lock"]) > 0:
            await asyncio.sleep(0.05)
    commands = [one.info["cmdline"] or () for one in psutil.process_iter(["cmdline"])]
    assert [command for command in commands if str(caller.python) in command] == []


async def test_a_verification_is_cancelled_in_its_middle(caller: Caller, renamed: Path) -> None:
    """Its runs end with it, and what was not proved is no heal."""
    created = await caller.create(renamed, base="HEAD~1", policy=healing_pb2.Policy(verify_runs=20))
    seen = await caller.watch_up_to(created.name, healing_pb2.STAGE_VERIFY)
    assert seen[-1].progress.message.startswith("Proves 2 healed tests")
    request = healing_pb2.CancelHealingRequest(name=created.name)
    async with asyncio.timeout(5):
        cancelled = (await caller.maestro.healing.CancelHealing(request)).healing
    assert cancelled.state == healing_pb2.HEALING_STATE_CANCELLED
    await caller.cleaned_up()
    assert not (await caller.get(created.name)).HasField("report")


async def test_a_budget_ends_tests_that_do_not(caller: Caller, hanging: Path) -> None:
    """Whether they were begun or not."""
    ended = await caller.heal(hanging, budget={"seconds": 4})
    assert ended.spec.budget.seconds == 4
    assert (ended.state, ended.failure.reason) == (healing_pb2.HEALING_STATE_FAILED, "BUDGET_RAN_OUT")
    await caller.cleaned_up()


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
