"""Reviews changes to tests: by reading them, and by mutants of the project that they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from maestro_core.clock import Clock
from maestro_core.errors import FailedPrecondition, FieldViolation, InvalidArgument
from maestro_core.ids import new_id
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.guard import Finding, Kind, Review
from maestro_healing.domain.healing import HealingSpec
from maestro_healing.domain.mutation.kept import Kept
from maestro_healing.domain.ports import nobody_listens
from maestro_healing.domain.usecases.ports import ChangedFile, Engines, Workshop
from maestro_healing.domain.usecases.watching import LookVisit


@dataclass(frozen=True)
class CheckedChange:
    """A review, and what each touched test keeps, where it was tried on mutants."""

    review: Review
    kept: Mapping[str, Kept] = field(default_factory=dict)


class Reviewing:
    """The guard, for callers."""

    def __init__(self, workshop: Workshop, engines: Engines, clock: Clock) -> None:
        self._workshop = workshop
        self._engines = engines
        self._clock = clock

    async def check(
        self, tenant: str, files: Sequence[ChangedFile], spec: HealingSpec | None
    ) -> CheckedChange:
        """What a change weakens. With a spec the tests that it touches are run.

        Raises InvalidArgument, PermissionDenied, and FailedPrecondition where the tests can't be run.
        """
        if spec is None:
            return CheckedChange(await self._engines.review(files))
        if not spec.base_revision:
            raise InvalidArgument(
                "Without a base revision there is nothing to compare with.",
                reason="BASE_REVISION_MISSING",
                violations=[FieldViolation("project.base_revision", "is missing")],
            )
        await self._workshop.check_spec(spec)
        review = await self._engines.review(files)
        if not review.touched:
            return CheckedChange(review)
        visit = LookVisit(tenant, new_id("check"), spec, self._clock.now(), 1)
        try:
            async with self._workshop.open(visit, nobody_listens) as opened:
                kept = await self._engines.kept(opened, spec, review.touched)
        except CannotHeal as error:
            raise FailedPrecondition(error.message, reason=error.reason) from error
        lines = {test.new: test.line for test in review.touched}
        lost = [
            Finding(test.partition("::")[0], lines[test], Kind.KILLS_LOST, one.loss, test)
            for test, one in kept.items()
            if not one.holds
        ]
        return CheckedChange(replace(review, findings=tuple(sorted([*review.findings, *lost]))), kept)
