"""Which tests depend on more than the code, and on what."""

import random
from collections.abc import Sequence
from dataclasses import replace

from maestro_healing.domain.diagnosis.isolation.causes import Causes, Victim
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence, Kind
from maestro_healing.domain.diagnosis.isolation.setters import Setters
from maestro_healing.domain.model import Stage
from maestro_healing.domain.ports import Conditions
from maestro_healing.domain.runs import RunResult, TestFailure
from maestro_healing.domain.session import Session

_HASH_SEED = "PYTHONHASHSEED"  # runs have 0 by themselves
_SEEDS = range(1, 7)


class Examination:
    """Asks by runs: again, alone, in reverse, shuffled, with other seeds of hashes and of `random`."""

    def __init__(self, session: Session, first: RunResult, orders: int) -> None:
        """`orders` is how many orders are tried beside that of the first run."""
        self._session = session
        self._first = first
        self._usual = tuple(test for test in first.collected if test in first.outcomes)
        self.orders = tuple(self._others(orders))

    def _others(self, count: int) -> list[Conditions]:
        """Reversed, then shuffled. Seeded: who draws random numbers does as well alone as in the order."""
        backwards = [Conditions(self._usual[::-1], seed=0)]
        mixed = [
            Conditions(shuffled(self._usual, number), ((_HASH_SEED, str(number)),), seed=number)
            for number in range(1, count)
        ]
        return (backwards + mixed)[:count]

    async def run(self, unexplained: Sequence[TestFailure]) -> list[Dependence]:
        """What was found of failures of the first run, and of tests that fail in another order."""
        found = await self._of_first(unexplained) if unexplained else _Found()
        known = {failure.test for failure in self._first.failures()}
        if self.orders:
            await self._session.tell(Stage.DIAGNOSE, f"Runs the tests in {len(self.orders)} other orders")
        results = await self._session.run_under_each(self.orders)
        for conditions, result in zip(self.orders, results, strict=True):
            fresh = [failure for failure in result.failures() if failure.test not in known]
            known |= {failure.test for failure in fresh}
            found += await self._sorted_out(fresh, conditions)
        return await self._explained(found)

    async def _of_first(self, failures: Sequence[TestFailure]) -> "_Found":
        """Of the first run's failures those that do not fail by themselves."""
        alone = Conditions(tuple(f.test for f in reversed(failures)), ((_HASH_SEED, "1"),))
        again = await self._session.run_under(alone)
        passing = [failure for failure in failures if again.passes(failure.test)]
        by_seed = await self._by_seed(passing)
        rest = [failure for failure in passing if failure.test not in by_seed]
        hashed = await self._by_hash(rest)
        found = await self._sorted_out([f for f in rest if f.test not in hashed], Conditions(self._usual))
        found.told += (*by_seed.values(), *hashed.values())
        return found

    async def _by_hash(self, failures: Sequence[TestFailure]) -> dict[str, Dependence]:
        """Those that pass alone with another hash seed than runs have by themselves, and fail with that."""
        if not failures:
            return {}
        result = await self._session.run_under(Conditions(tuple(failure.test for failure in failures)))
        failing = (failure for failure in failures if not result.passes(failure.test))
        return {f.test: Dependence(f, Kind.HASHED, Conditions((f.test,))) for f in failing}

    async def _sorted_out(self, failures: Sequence[TestFailure], conditions: Conditions) -> "_Found":
        """Of tests that fail under conditions: whether it is the order, a seed, or chance."""
        found = _Found()
        if not failures:
            return found
        alone = replace(conditions, order=tuple(failure.test for failure in failures))
        repeated, by_itself, unhashed = await self._session.run_under_each(
            (conditions, alone, replace(alone, env=()))
        )
        steady = []
        for failure in failures:
            only = replace(conditions, order=(failure.test,))
            if repeated.passes(failure.test):
                found.told.append(Dependence(failure, Kind.CHANCE, replace(only, seed=None)))
            elif by_itself.passes(failure.test):
                found.victims.append(Victim(failure, conditions))
            elif unhashed.passes(failure.test):
                found.told.append(Dependence(failure, Kind.HASHED, only))
            else:
                steady.append(failure)
        by_seed = await self._by_seed(steady)
        found.told += by_seed.values()
        found.brittle += [
            (failure, replace(conditions, order=(failure.test,)))
            for failure in steady
            if failure.test not in by_seed
        ]
        return found

    async def _by_seed(self, failures: Sequence[TestFailure]) -> dict[str, Dependence]:
        """Those whose outcome follows the seed of `random`: the same seed, the same outcome."""
        if not failures:
            return {}
        tests = tuple(failure.test for failure in failures)
        sown = [Conditions(tests, seed=seed) for seed in _SEEDS]
        results = await self._session.run_under_each([*sown, *sown])
        found = {}
        for failure in failures:
            passed = [result.passes(failure.test) for result in results]
            once, again = passed[: len(sown)], passed[len(sown) :]
            if once == again and len(set(once)) > 1:
                passing, failing = once.index(True), once.index(False)
                only = Conditions((failure.test,), seed=_SEEDS[failing])
                found[failure.test] = Dependence(failure, Kind.RANDOM, only, seed=_SEEDS[passing])
        return found

    async def _explained(self, found: "_Found") -> list[Dependence]:
        told = found.told
        if found.victims:
            count = len(found.victims)
            await self._session.tell(Stage.DIAGNOSE, f"Looks for what makes {count} tests fail in an order")
            told += await Causes(self._session).explain(found.victims, self._usual)
        if found.brittle:
            count = len(found.brittle)
            await self._session.tell(Stage.DIAGNOSE, f"Looks for what {count} tests need before them")
            setters = Setters(self._session, self._usual)
            told += [await setters.explain(*brittle) for brittle in found.brittle]
        return told


class _Found:
    """What runs have told, by what is still to be asked."""

    def __init__(self) -> None:
        self.told: list[Dependence] = []
        self.victims: list[Victim] = []
        self.brittle: list[tuple[TestFailure, Conditions]] = []

    def __iadd__(self, other: "_Found") -> "_Found":
        self.told += other.told
        self.victims += other.victims
        self.brittle += other.brittle
        return self


def shuffled(order: Sequence[str], seed: int) -> tuple[str, ...]:
    """The tests in a random order, the same for the same seed."""
    mixed = list(order)
    random.Random(seed).shuffle(mixed)
    return tuple(mixed)
