"""From tests that fail by themselves to the state that others set up for them."""

from collections.abc import Sequence
from dataclasses import replace

from maestro_healing.domain.diagnosis.isolation.bisection import smallest
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence, Kind
from maestro_healing.domain.ports import EVERYTHING, Conditions, Side
from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.session import Session


class Setters:
    """Finds the tests that a brittle test needs before it. `order` is that in which the tests run usually."""

    def __init__(self, session: Session, order: Sequence[str]) -> None:
        self._session = session
        self._order = order
        self._known: list[tuple[str, ...]] = []

    async def explain(self, failure: TestFailure, failing: Conditions) -> Dependence:
        """What the test needs; empty where no test before it makes it pass."""
        test = failure.test

        async def passes(others: Sequence[str]) -> bool:
            result = await self._session.run_under(replace(failing, order=(*others, test)))
            return result.passes(test)

        others: tuple[str, ...] = ()
        for known in self._known:
            if test not in known and await passes(known):
                others = known
                break
        before = self._order[: self._order.index(test)] if test in self._order else ()
        if not others and before and await passes(before):
            others = await smallest(before, passes)
            self._known.append(others)
        if not others:
            return Dependence(failure, Kind.BRITTLE, failing)
        result = await self._session.run_under(replace(failing, order=(*others, test), watched=EVERYTHING))
        left = {change.place: change for other in others for change in result.changes.get(other, ())}
        stands, passes_at_base = await self._at_base(failing, test, others)
        return Dependence(
            failure,
            Kind.BRITTLE,
            failing,
            others,
            tuple(left.values()),
            stands_at_base=stands,
            passes_at_base=passes_at_base,
        )

    async def _at_base(
        self, failing: Conditions, test: str, others: Sequence[str]
    ) -> tuple[bool | None, bool]:
        """Whether base fails it by itself too, and passes it after the others."""
        if self._session.project.base is None:
            return None, False
        both = failing, replace(failing, order=(*others, test))
        alone, after = await self._session.run_under_each(both, side=Side.BASE)
        return (not alone.passes(test) if test in alone.outcomes else None), after.passes(test)
