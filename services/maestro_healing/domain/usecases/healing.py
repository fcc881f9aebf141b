"""Starts healings, and takes what people say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maestro_core.clock import Clock
from maestro_core.errors import FailedPrecondition, FieldViolation, InvalidArgument
from maestro_core.ids import new_id
from maestro_healing.domain.healing import Decision, Healing, HealingSpec, HealingState
from maestro_healing.domain.usecases.execution import Execution
from maestro_healing.domain.usecases.ports import Healings, Page, Query, Workshop
from maestro_healing.domain.usecases.statistics import Statistics, count


class HealingUseCases:
    """What callers do with healings."""

    def __init__(self, healings: Healings, workshop: Workshop, execution: Execution, clock: Clock) -> None:
        self._healings = healings
        self._workshop = workshop
        self._execution = execution
        self._clock = clock

    async def create(self, tenant: str, id: str, spec: HealingSpec, owner: str, watch_from: int) -> Healing:
        """Start to heal. Raises InvalidArgument, PermissionDenied, AlreadyExists."""
        now = self._clock.now()
        healing = Healing(
            tenant, id or new_id("healing"), spec, owner, create_time=now, update_time=now,
            watch_from=watch_from,
        )  # fmt: skip
        await self._workshop.check(healing)
        healing = await self._healings.create(healing)
        if not healing.state.ended:
            self._execution.start(healing)
        return healing

    async def get(self, tenant: str, id: str) -> Healing:
        """One healing. Raises NotFound."""
        return await self._healings.get(tenant, id)

    async def list(self, tenant: str, query: Query) -> Page[Healing]:
        """Some of a tenant's healings. Raises InvalidArgument."""
        return await self._healings.list(tenant, query)

    async def cancel(self, tenant: str, id: str) -> Healing:
        """Stop one; one that has ended stays as it is. Raises NotFound."""
        healing = await self._healings.change(tenant, id, lambda old: old.cancelled(self._clock.now()))
        if healing.state is HealingState.CANCELLED:
            self._execution.stop(healing.key)
        return healing

    async def decide(
        self, tenant: str, id: str, tests: Sequence[str], decision: Decision, comment: str = ""
    ) -> Healing:
        """Note what a person says of some tests, or of all that can be reviewed.

        Raises NotFound, FailedPrecondition (NOT_COMPLETED) and InvalidArgument (NOT_REVIEWABLE).
        """

        def decided(healing: Healing) -> Healing:
            if healing.state is not HealingState.COMPLETED:
                raise FailedPrecondition("The healing has no report yet.", reason="NOT_COMPLETED")
            strange = sorted(set(tests) - healing.reviewable)
            if strange:
                raise InvalidArgument(
                    "Only a test that is HEALED or PROPOSED can be approved or rejected.",
                    reason="NOT_REVIEWABLE",
                    violations=[FieldViolation("tests", f"{test} has no patch") for test in strange],
                )
            said = dict.fromkeys(tests or sorted(healing.reviewable), decision)
            words = dict.fromkeys(said, comment) if comment else {}
            return replace(
                healing,
                decisions={**healing.decisions, **said},
                comments={**healing.comments, **words},
                update_time=self._clock.now(),
            )

        return await self._healings.change(tenant, id, decided)

    async def statistics(self, tenant: str) -> Statistics:
        """Counts of a tenant's healings."""
        return await count(self._healings.all(tenant))
