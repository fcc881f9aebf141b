"""Gives each thing to do to one process at a time, whatever becomes of the processes."""

from __future__ import annotations

import asyncio
import contextvars
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, Self, TypeVar

from maestro_core.clock import Clock
from maestro_core.errors import Aborted, DomainError, Unavailable
from maestro_core.logs import get_logger
from maestro_healing.domain.errors import LeaseLost
from maestro_healing.domain.healing import Lease
from maestro_healing.domain.usecases.ports import Key, Leased, Leases

T = TypeVar("T", bound=Leased)
_log = get_logger(__name__)
_AT_ONE_TIME = 2
# A lease outlives a few renewals that fail; what a crash interrupted waits for so long.
_LEASE = timedelta(seconds=15)
_ROUND_SECONDS = 3.0
_RETRY_SECONDS = 1.0


class Turns(ABC, Generic[T]):
    """One object for each process and kind; it owns the tasks that do the work."""

    def __init__(self, leases: Leases[T], clock: Clock, holder: str) -> None:
        """`holder` names this process, and no other ever."""
        self._waiting = leases
        self._clock = clock
        self._holder = holder
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._held: set[Key] = set()
        self._places = asyncio.Semaphore(_AT_ONE_TIME)

    @abstractmethod
    async def carry_out(self, item: T) -> None:
        """Do what is to be done, and end the lease. Raises LeaseLost."""

    @abstractmethod
    async def hand_back(self, key: Key) -> None:
        """Let another process begin at once. Raises LeaseLost."""

    async def __aenter__(self) -> Self:
        """Begin to look for what nobody is at work on, as a stop or a crash leaves it."""
        self._rounds = asyncio.create_task(self._make_rounds(), name=f"{type(self).__name__}-rounds")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hand back what runs."""
        tasks = [self._rounds, *self._tasks.values()]
        for task in tasks:
            if not task.cancelling():  # one that was cancelled before is still cleaning up
                task.cancel()
        await asyncio.wait(tasks)

    def start(self, item: T) -> None:
        """Carry one out, once there is a place; nothing happens where another process came first."""
        key = item.key
        if key in self._tasks:
            return
        # A context of its own: the caller's deadline must not end work that goes on without it.
        task = asyncio.create_task(self._run(key), name=item.name, context=contextvars.Context())
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    def stop(self, key: Key) -> None:
        """Drop one that is no longer ours."""
        task = self._tasks.get(key)
        if task is not None and not task.cancelling():
            task.cancel()

    async def persist(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write an outcome, however long the database is away: it was dear. Raises LeaseLost."""
        while True:
            try:
                await write()
                return
            except (Unavailable, Aborted) as error:
                _log.warning("an outcome could not be noted yet", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _make_rounds(self) -> None:
        while True:
            try:
                await self._renew()
                for item in await self._waiting.free(self._clock.now()):
                    self.start(item)
            except DomainError as error:
                _log.warning("leases could not be seen to", reason=error.reason)
            except Exception:  # without rounds every lease would be lost
                _log.exception("leases could not be seen to")
            await asyncio.sleep(_ROUND_SECONDS)

    async def _renew(self) -> None:
        if self._held:
            for key in await self._waiting.renew(tuple(self._held), self._lease()):
                self.stop(key)

    def _lease(self) -> Lease:
        return Lease(self._holder, self._clock.now() + _LEASE)

    async def _run(self, key: Key) -> None:
        async with self._places:
            try:
                item = await self._waiting.take(key, self._lease(), self._clock.now())
                if item is None:
                    return
                self._held.add(key)
                await self.carry_out(item)
            except LeaseLost:
                _log.info("this is no longer ours", key=key)
            except DomainError as error:  # the next round finds it again
                _log.warning("this could not be carried out", key=key, reason=error.reason)
                await self._let_go(key)
            except asyncio.CancelledError:
                await asyncio.shield(self._let_go(key))
                raise
            finally:
                self._held.discard(key)

    async def _let_go(self, key: Key) -> None:
        try:
            await self.hand_back(key)
        except LeaseLost:  # it has ended, or was never ours
            return
        except DomainError as error:
            _log.warning("this could not be handed back", key=key, reason=error.reason)
