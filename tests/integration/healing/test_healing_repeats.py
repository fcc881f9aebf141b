"""Requests that come twice, and tenants that share a service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError

from .conftest import Caller, write


async def test_a_request_that_comes_twice_is_done_once(caller: Caller, projects: Path) -> None:
    """It has the same answer; the same id on another request is refused; so is a name that is taken."""
    write(projects / "none", {"a.py": ""})
    spec = healing_pb2.HealingSpec(path=str(projects / "none"), python=str(caller.python))
    request = healing_pb2.CreateHealingRequest(parent=caller.parent, spec=spec, request_id="one")
    first = (await caller.maestro.healing.CreateHealing(request)).healing
    assert (await caller.maestro.healing.CreateHealing(request)).healing == first
    ended = await caller.ended(first.name)
    assert (await caller.maestro.healing.CreateHealing(request)).healing.name == first.name
    listed = healing_pb2.ListHealingsRequest(parent=caller.parent)
    assert len((await caller.maestro.healing.ListHealings(listed)).healings) == 1
    request.spec.tests.append("tests/test_a.py")
    with pytest.raises(MaestroError) as reused:
        await caller.maestro.healing.CreateHealing(request)
    assert reused.value.reason == "REQUEST_ID_REUSED"
    request.request_id, request.healing_id = "two", first.name.rpartition("/")[2]
    with pytest.raises(MaestroError) as taken:
        await caller.maestro.healing.CreateHealing(request)
    assert taken.value.reason == "ALREADY_EXISTS"
    assert await caller.get(first.name) == ended
    cancel = healing_pb2.CancelHealingRequest(name=first.name, request_id="three")
    for _ in range(2):
        assert (await caller.maestro.healing.CancelHealing(cancel)).healing == ended


async def test_tenants_do_not_meet(callers: Callable[..., Caller], projects: Path) -> None:
    """One name is two healings; nobody sees, watches, stops or decides on another's."""
    write(projects / "none", {"a.py": ""})
    mine, theirs = callers("t1"), callers("t2")
    spec = healing_pb2.HealingSpec(path=str(projects / "none"), python=str(mine.python))
    for caller in (mine, theirs):
        request = healing_pb2.CreateHealingRequest(
            parent=caller.parent, healing_id="same", spec=spec, request_id="same"
        )
        created = (await caller.maestro.healing.CreateHealing(request)).healing
        assert created.name == f"{caller.parent}/healings/same"
        await caller.ended(created.name)
        page = healing_pb2.ListHealingsRequest(parent=caller.parent)
        found = (await caller.maestro.healing.ListHealings(page)).healings
        assert [one.name for one in found] == [created.name]
        watch = healing_pb2.WatchHealingRequest(name=created.name, resume_token=0)
        seen = [entry async for entry in caller.maestro.healing.WatchHealing(watch)]
        assert {entry.healing.name or entry.progress.healing for entry in seen} <= {created.name, ""}
    other = f"{mine.parent}/healings/same"
    service = theirs.maestro.healing
    attempts = [
        lambda: service.GetHealing(healing_pb2.GetHealingRequest(name=other)),
        lambda: service.CancelHealing(healing_pb2.CancelHealingRequest(name=other)),
        lambda: service.ApproveHealing(healing_pb2.ApproveHealingRequest(name=other)),
        lambda: service.RejectHealing(healing_pb2.RejectHealingRequest(name=other)),
        lambda: service.ListHealings(healing_pb2.ListHealingsRequest(parent=mine.parent)),
        lambda: service.GetStatistics(healing_pb2.GetStatisticsRequest(parent=mine.parent)),
        lambda: service.CreateHealing(healing_pb2.CreateHealingRequest(parent=mine.parent, spec=spec)),
        lambda: service.WatchHealing(healing_pb2.WatchHealingRequest(name=other)).read(),
    ]
    for attempt in attempts:
        with pytest.raises(MaestroError) as caught:
            await attempt()
        assert caught.value.reason == "TENANT_MISMATCH"
