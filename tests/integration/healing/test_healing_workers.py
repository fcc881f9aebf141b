"""The engine and the guard work in processes of their own: they stall nobody, and end when they must."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import psutil
import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError

from .conftest import Caller


def workers() -> list[psutil.Process]:
    """Worker processes of this process's service."""
    found = psutil.Process().children()
    return [one for one in found if any(word.endswith("workers.inside") for word in one.cmdline())]


def endless(caller: Caller) -> healing_pb2.CheckChangeRequest:
    """A change that takes minutes to review."""
    lines = "".join(f"    assert f({number}) == {number}\n" for number in range(200_000))
    old, new = (f"def test():\n{lines}    assert {last}\n".encode() for last in (1, 2))
    file = healing_pb2.FileChange(path="test_a.py", old=old, new=new)
    return healing_pb2.CheckChangeRequest(parent=caller.parent, files=[file])


async def test_a_review_ends_with_its_deadline_and_others_are_served_meanwhile(caller: Caller) -> None:
    """And with it the process that was at it."""
    (worker,) = workers()
    review = asyncio.ensure_future(caller.maestro.healing.CheckChange(endless(caller), timeout=5))
    await asyncio.sleep(0)
    request = healing_pb2.ListHealingsRequest(parent=caller.parent)
    for _ in range(20):
        await caller.maestro.healing.ListHealings(request)
    assert not review.done()
    with pytest.raises(MaestroError) as caught:
        await review
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await asyncio.to_thread(psutil.wait_procs, [worker], 10) == ([worker], [])
    assert workers() == []


async def test_a_worker_that_dies_fails_its_healing_and_no_other(caller: Caller, hanging: Path) -> None:
    """The failure says so; the next one gets another process."""
    (worker,) = workers()
    healing = await caller.create(hanging)
    await caller.watch_up_to(healing.name, healing_pb2.STAGE_RUN)
    worker.kill()
    failure = (await caller.ended(healing.name)).failure
    assert failure.reason == "WORKER_ENDED"
    assert "SIGKILL" in failure.message
    change = healing_pb2.FileChange(
        path="test_a.py", old=b"def test(): assert f() == 1\n", new=b"def test(): f()\n"
    )
    request = healing_pb2.CheckChangeRequest(parent=caller.parent, files=[change])
    assert (await caller.maestro.healing.CheckChange(request)).findings
