"""From tests that fail in some order to the state that others left behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from maestro_healing.domain.diagnosis.isolation.bisection import smallest
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence, Kind
from maestro_healing.domain.ports import EVERYTHING, Conditions, Side
from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.session import Session
from maestro_healing.domain.state import StateChange

_MOST_CAUSES = 12
_MOST_CHANGES = 16

Env = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Victim:
    """A test that fails in an order and passes by itself."""

    failure: TestFailure
    failing: Conditions

    @property
    def test(self) -> str:
        """Its id."""
        return self.failure.test

    @property
    def before(self) -> tuple[str, ...]:
        """The tests that ran before it."""
        return self.failing.order[: self.failing.order.index(self.test)]


@dataclass(frozen=True)
class _Cause:
    polluters: tuple[str, ...]
    changes: tuple[StateChange, ...]


class Causes:
    """Finds one polluter after the other, each in a world where what the ones before it left is put back."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._restored: tuple[str, ...] = ()

    async def explain(self, victims: Sequence[Victim], order: Sequence[str]) -> list[Dependence]:
        """What each victim depends on. `order` is that in which the tests run by themselves."""
        left = {victim.test: victim for victim in victims}
        found: dict[str, _Cause] = {}
        for _ in range(_MOST_CAUSES):
            if not left:
                break
            victim = next(iter(left.values()))
            cause = await self._cause(victim)
            found[victim.test] = cause
            del left[victim.test]
            if cause.changes:
                self._restored += tuple(c.place for c in cause.changes if c.place not in self._restored)
                for test in await self._passing(list(left.values())):
                    found[test] = cause
                    del left[test]
        return await self._told(victims, found, order)

    async def _cause(self, victim: Victim) -> _Cause:
        """The tests that make it fail, as few as it takes, and the state through which they do."""

        async def fails(others: Sequence[str]) -> bool:
            return not await self._passes(victim, others, self._restored)

        if not victim.before or not await fails(victim.before):
            return _Cause((), ())
        polluters = await smallest(victim.before, fails)
        watching = self._under(victim, polluters, self._restored, EVERYTHING)
        result = await self._session.run_under(watching)
        left = {c.place: c for test in polluters for c in result.changes.get(test, ())}

        async def passes(changes: Sequence[StateChange]) -> bool:
            places = tuple(change.place for change in changes)
            return await self._passes(victim, polluters, (*self._restored, *places))

        changes = [change for change in left.values() if change.place not in self._restored]
        if not changes or not await passes(changes):
            return _Cause(polluters, ())
        return _Cause(polluters, (await smallest(changes, passes))[:_MOST_CHANGES])

    def _under(
        self, victim: Victim, others: Sequence[str], restored: tuple[str, ...], watched: tuple[str, ...] = ()
    ) -> Conditions:
        return replace(victim.failing, order=(*others, victim.test), watched=watched, restored=restored)

    async def _passes(self, victim: Victim, others: Sequence[str], restored: tuple[str, ...]) -> bool:
        result = await self._session.run_under(self._under(victim, others, restored))
        return result.passes(victim.test)

    async def _passing(self, victims: Sequence[Victim]) -> list[str]:
        """Those whose own failing order they pass, once the state is put back after each test."""
        orders = list(dict.fromkeys(victim.failing for victim in victims))
        restoring = [replace(conditions, restored=self._restored) for conditions in orders]
        results = dict(zip(orders, await self._session.run_under_each(restoring), strict=True))
        return [victim.test for victim in victims if results[victim.failing].passes(victim.test)]

    async def _told(
        self, victims: Sequence[Victim], found: Mapping[str, _Cause], order: Sequence[str]
    ) -> list[Dependence]:
        places = self._restored
        leavers: dict[str, tuple[str, ...]] = {}
        if places:
            watching = Conditions(tuple(order), (), places, places)
            result = await self._session.run_under(watching)
            leavers = {test: tuple(c.place for c in changes) for test, changes in result.changes.items()}
        at_base = await self._at_base(victims)
        told = []
        for victim in victims:
            cause = found.get(victim.test, _Cause((), ()))
            own = {change.place for change in cause.changes}
            left = {test: tuple(p for p in at if p in own) for test, at in leavers.items()}
            stands, passes = at_base.get(victim.test, (None, False))
            told.append(
                Dependence(
                    victim.failure,
                    Kind.POLLUTED,
                    victim.failing,
                    cause.polluters,
                    cause.changes,
                    {test: at for test, at in left.items() if at},
                    stands,
                    passes,
                )
            )
        return told

    async def _at_base(self, victims: Sequence[Victim]) -> dict[str, tuple[bool | None, bool]]:
        """Of each: whether base fails it in that order too, and passes it once the state is put back."""
        if self._session.project.base is None:
            return {}
        found: dict[str, tuple[bool | None, bool]] = {}
        for conditions in dict.fromkeys(victim.failing for victim in victims):
            restoring = replace(conditions, restored=self._restored)
            plain, restored = await self._session.run_under_each((conditions, restoring), side=Side.BASE)
            for victim in victims:
                test = victim.test
                if victim.failing == conditions:
                    stands = not plain.passes(test) if test in plain.outcomes else None
                    found[test] = stands, restored.passes(test)
        return found
