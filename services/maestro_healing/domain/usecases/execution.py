"""Carries healings out, each by one process at a time, whatever becomes of the processes."""

from __future__ import annotations

import asyncio
import contextvars
from dataclasses import replace
from datetime import timedelta
from typing import Self

from maestro_core.clock import Clock
from maestro_core.errors import Aborted, DomainError, Unavailable
from maestro_core.logs import get_logger
from maestro_healing.domain.errors import CannotHeal, LeaseLost
from maestro_healing.domain.healing import Failure, Healing, HealingState, Lease
from maestro_healing.domain.model import Progress
from maestro_healing.domain.usecases.ports import Change, Engines, Key, Leases, Workshop

_log = get_logger(__name__)
_AT_ONE_TIME = 2
_MOST_CRASHES = 3
# A lease outlives a few renewals that fail; what a crash interrupted waits for so long.
_LEASE = timedelta(seconds=15)
_ROUND_SECONDS = 3.0
_RETRY_SECONDS = 1.0


class Execution:
    """One object for each process; it owns the tasks that heal."""

    def __init__(
        self, leases: Leases, workshop: Workshop, engines: Engines, clock: Clock, holder: str
    ) -> None:
        """`holder` names this process, and no other ever."""
        self._leases = leases
        self._workshop = workshop
        self._engines = engines
        self._clock = clock
        self._holder = holder
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._held: set[Key] = set()
        self._places = asyncio.Semaphore(_AT_ONE_TIME)

    async def __aenter__(self) -> Self:
        """Begin to look for healings that nobody is at work on, as a stop or a crash leaves them."""
        self._rounds = asyncio.create_task(self._make_rounds(), name="healing-rounds")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hand back what runs."""
        tasks = [self._rounds, *self._tasks.values()]
        for task in tasks:
            if not task.cancelling():  # one that was cancelled before is still cleaning up
                task.cancel()
        await asyncio.wait(tasks)

    def start(self, healing: Healing) -> None:
        """Carry one out, once there is a place; nothing happens where another process came first."""
        if healing.key in self._tasks:
            return
        # A context of its own: the caller's deadline must not end a healing that goes on without it.
        task = asyncio.create_task(self._run(healing.key), name=healing.name, context=contextvars.Context())
        self._tasks[healing.key] = task
        task.add_done_callback(lambda _: self._tasks.pop(healing.key, None))

    def stop(self, key: Key) -> None:
        """Drop one that is no longer ours."""
        task = self._tasks.get(key)
        if task is not None and not task.cancelling():
            task.cancel()

    async def _make_rounds(self) -> None:
        while True:
            try:
                await self._renew()
                for healing in await self._leases.free(self._clock.now()):
                    self.start(healing)
            except DomainError as error:
                _log.warning("leases could not be seen to", reason=error.reason)
            except Exception:  # without rounds every lease would be lost
                _log.exception("leases could not be seen to")
            await asyncio.sleep(_ROUND_SECONDS)

    async def _renew(self) -> None:
        if self._held:
            for key in await self._leases.renew(tuple(self._held), self._lease()):
                self.stop(key)

    def _lease(self) -> Lease:
        return Lease(self._holder, self._clock.now() + _LEASE)

    async def _run(self, key: Key) -> None:
        async with self._places:
            try:
                healing = await self._leases.take(key, self._lease(), self._clock.now())
                if healing is None:
                    return
                self._held.add(key)
                change = await self._outcome(healing)
                await self._end(key, change)
            except LeaseLost:
                _log.info("a healing is no longer ours", healing=key)
            except DomainError as error:  # the next round finds it again
                _log.warning("a healing could not be begun", healing=key, reason=error.reason)
            except asyncio.CancelledError:
                await asyncio.shield(self._hand_back(key))
                raise
            finally:
                self._held.discard(key)

    async def _outcome(self, healing: Healing) -> Change:
        """What becomes of a record when its healing was carried out. Raises LeaseLost."""

        async def tell(progress: Progress) -> None:
            try:
                await self._leases.tell(healing, self._holder, progress)
            except DomainError as error:  # it is told again with the outcome
                _log.warning("progress could not be told", healing=healing.name, reason=error.reason)

        try:
            if healing.crashes >= _MOST_CRASHES:
                raise CannotHeal(
                    "INTERRUPTED", f"The service ended {_MOST_CRASHES} times while it was at work on this."
                )
            async with self._workshop.open(healing, tell) as opened:
                report = await self._engines.heal(opened, healing.spec, tell)
            return lambda old: replace(
                old,
                state=HealingState.COMPLETED,
                report=report,
                head_revision=opened.head_revision,
                base_revision=opened.base_revision,
            )
        except LeaseLost:
            raise
        except (CannotHeal, DomainError) as error:
            failure = Failure(error.reason, error.message)
        except Exception:
            _log.exception("a healing failed", healing=healing.name)
            failure = Failure("INTERNAL", "Something went wrong inside Maestro; the log has more.")
        return lambda old: replace(old, state=HealingState.FAILED, failure=failure)

    async def _end(self, key: Key, change: Change) -> None:
        """Note the outcome, however long the database is away: it was dear. Raises LeaseLost."""
        now = self._clock.now()
        while True:
            try:
                await self._leases.advance(
                    key, self._holder, lambda old: replace(change(old), update_time=now, end_time=now)
                )
                return
            except (Unavailable, Aborted) as error:
                _log.warning("an outcome could not be noted yet", healing=key, reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _hand_back(self, key: Key) -> None:
        """Let another process begin at once."""
        try:
            await self._leases.advance(key, self._holder, lambda old: old.handed_back(self._clock.now()))
        except LeaseLost:  # it has ended, or was never ours
            return
        except DomainError as error:
            _log.warning("a healing could not be handed back", healing=key, reason=error.reason)
