"""What tests of monitors share: a caller who makes them, and waits for what they find."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from google.protobuf.duration_pb2 import Duration

from maestro.healing.v1 import healing_pb2, monitor_pb2

from .conftest import Caller

INTERVAL = Duration(seconds=5)


async def create(
    caller: Caller, *kinds: str, id: str = "m", heal: bool = False, push: bool = False, **spec: object
) -> monitor_pb2.Monitor:
    """Make a monitor that looks as often as it may."""
    monitor = monitor_pb2.Monitor(
        spec=healing_pb2.HealingSpec(**{"python": str(caller.python), **spec}),
        interval=INTERVAL,
        kinds=[f"ERROR_KIND_{kind}" for kind in kinds],
        heal=heal,
        push=push,
    )
    request = monitor_pb2.CreateMonitorRequest(parent=caller.parent, monitor_id=id, monitor=monitor)
    return (await caller.maestro.monitors.CreateMonitor(request)).monitor


async def reaches(
    caller: Caller, name: str, condition: Callable[[monitor_pb2.Monitor], bool], seconds: float = 90
) -> monitor_pb2.Monitor:
    """Wait until a monitor fulfils a condition."""
    deadline = time.monotonic() + seconds
    request = monitor_pb2.GetMonitorRequest(name=name)
    while True:
        monitor = (await caller.maestro.monitors.GetMonitor(request)).monitor
        if condition(monitor):
            return monitor
        assert time.monotonic() < deadline, f"still {monitor}"
        await asyncio.sleep(0.05)


class Found:
    """What a watch of errors has told so far."""

    def __init__(self) -> None:
        self.entries: list[monitor_pb2.WatchErrorsResponse] = []
        self._more = asyncio.Event()

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """Kind, subject and message of each error."""
        errors = [entry.error for entry in self.entries if entry.HasField("error")]
        return [
            (monitor_pb2.ErrorKind.Name(one.kind).removeprefix("ERROR_KIND_"), one.subject, one.message)
            for one in errors
        ]

    def add(self, entry: monitor_pb2.WatchErrorsResponse) -> None:
        """Take what the watch tells next."""
        self.entries.append(entry)
        self._more.set()

    async def count(self, number: int, seconds: float = 90) -> list[tuple[str, str, str]]:
        """The errors, once there are so many."""
        async with asyncio.timeout(seconds):
            while len(self.errors) < number:
                self._more.clear()
                await self._more.wait()
        return self.errors


@asynccontextmanager
async def watching(caller: Caller, resume_token: int | None = None) -> AsyncIterator[Found]:
    """Watch a tenant's errors for the length of a block."""
    found = Found()
    request = monitor_pb2.WatchErrorsRequest(parent=caller.parent, resume_token=resume_token)
    call = caller.maestro.monitors.WatchErrors(request)
    found.add(await anext(aiter(call)))  # a bookmark: from here on nothing is missed

    async def read() -> None:
        async for entry in call:
            found.add(entry)

    reading = asyncio.create_task(read())
    try:
        yield found
    finally:
        reading.cancel()
        await asyncio.wait([reading])
