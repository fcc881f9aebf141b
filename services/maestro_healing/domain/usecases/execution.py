"""Carries healings out."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from maestro_core.clock import Clock
from maestro_core.errors import DomainError
from maestro_core.logs import get_logger
from maestro_healing.domain.errors import CannotHeal, LeaseLost
from maestro_healing.domain.followup import followed
from maestro_healing.domain.healing import Failure, Healing, HealingSpec, HealingState
from maestro_healing.domain.model import Progress
from maestro_healing.domain.usecases.ports import Change, Engines, HealingLeases, Key, Workshop
from maestro_healing.domain.usecases.turns import Turns

_log = get_logger(__name__)
_MOST_CRASHES = 3


def _with_what_is_left(spec: HealingSpec, until: asyncio.Timeout) -> HealingSpec:
    """The spec with the budget that is left to the engine."""
    end = until.when()
    return spec if end is None else replace(spec, budget=max(end - asyncio.get_running_loop().time(), 0.0))


class Execution(Turns[Healing]):
    """A turn is one start of a healing."""

    def __init__(
        self, leases: HealingLeases, workshop: Workshop, engines: Engines, clock: Clock, holder: str
    ) -> None:
        """`holder` names this process, and no other ever."""
        super().__init__(leases, clock, holder)
        self._leases = leases
        self._workshop = workshop
        self._engines = engines

    async def carry_out(self, item: Healing) -> None:
        """Heal, and note what became of it. Raises LeaseLost."""
        change = await self._outcome(item)
        now = self._clock.now()
        await self.persist(
            lambda: self._leases.advance(
                item.key, self._holder, lambda old: replace(change(old), update_time=now, end_time=now)
            )
        )

    async def hand_back(self, key: Key) -> None:
        """Let another process begin at once. Raises LeaseLost."""
        await self._leases.advance(key, self._holder, lambda old: old.handed_back(self._clock.now()))

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
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(healing.spec.budget) as until:
                    opened = await stack.enter_async_context(self._workshop.open(healing, tell))
                spec = _with_what_is_left(healing.spec, until)
                heals = followed(healing, await self._leases.earlier(healing.tenant))
                report = await self._engines.heal(opened, spec, tell, heals)
            return lambda old: replace(
                old,
                state=HealingState.COMPLETED,
                report=report,
                head_revision=opened.head_revision,
                base_revision=opened.base_revision,
            )
        except LeaseLost:
            raise
        except TimeoutError:
            failure = Failure("BUDGET_RAN_OUT", "The budget ran out before the tests could be run.")
        except (CannotHeal, DomainError) as error:
            failure = Failure(error.reason, error.message)
        except Exception:
            _log.exception("a healing failed", healing=healing.name)
            failure = Failure("INTERNAL", "Something went wrong inside Maestro; the log has more.")
        return lambda old: replace(old, state=HealingState.FAILED, failure=failure)
