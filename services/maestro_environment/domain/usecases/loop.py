"""The beat of what runs in the background: rounds, and one task at most for each thing that needs work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

import structlog

from maestro_core.errors import DomainError

K = TypeVar("K", bound=Hashable)

PERIOD = 1.0
_log = structlog.get_logger(__name__)


class Loop(Generic[K]):
    """Calls a round again and again, and minds the tasks that it starts."""

    def __init__(self) -> None:
        self._due = asyncio.Event()
        self._tasks: dict[K, asyncio.Task[None]] = {}

    @property
    def tasks(self) -> dict[K, asyncio.Task[None]]:
        """Those under way now."""
        return dict(self._tasks)

    def wake(self) -> None:
        """Go round again now."""
        self._due.set()

    async def run(self, round: Callable[[], Awaitable[None]]) -> None:
        """Go round when woken and once in a period, until cancelled: then the tasks are, and waited for."""
        try:
            while True:
                self._due.clear()
                try:
                    await round()
                except DomainError as error:  # the next round tries again
                    _log.warning("round failed", error=str(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD):
                        await self._due.wait()
        finally:
            tasks = self.tasks.values()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def start(
        self, key: K, work: Coroutine[object, object, None], then: Callable[[], None] | None = None
    ) -> None:
        """Start a task for `key`, which has none; `then` is called once it has ended."""
        task = asyncio.create_task(work)
        self._tasks[key] = task
        task.add_done_callback(partial(self._ended, key, then))

    def _ended(self, key: K, then: Callable[[], None] | None, _task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        if then is not None:
            then()
