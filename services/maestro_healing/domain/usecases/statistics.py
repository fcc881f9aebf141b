"""What became of a tenant's healings, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from maestro_healing.domain.healing import Decision, Healing, HealingState
from maestro_healing.domain.model import Verdict

# Assumed, for nothing here can measure it: how long a person takes to find a cause and to repair its tests.
SECONDS_BY_CAUSE = 600.0


@dataclass
class StrategyCount:
    """The tests that one strategy edited, and what people and later runs said of their heals; an empty id
    counts those without a strategy. `standing` are HEALED or approved, and not rejected.
    """

    strategy: str
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    decisions: Counter[Decision] = field(default_factory=Counter)
    standing: int = 0
    later_passed: int = 0
    later_failed: int = 0

    @property
    def success_rate(self) -> float:
        """The share of its tests that have a heal which stands, from 0 to 1."""
        return self.standing / self.verdicts.total() if self.verdicts else 0.0


@dataclass(frozen=True)
class Statistics:
    """Counts of a tenant's healings. `seconds_saved` rests on the assumption of SECONDS_BY_CAUSE."""

    completed: int
    failed: int
    strategies: Sequence[StrategyCount]
    open_reviews: int
    seconds_saved: float


async def count(healings: AsyncIterator[Healing]) -> Statistics:
    """All of it in one pass; a healing names earlier ones, so their tests' strategies are kept by name."""
    counts: dict[str, StrategyCount] = {}
    states: Counter[HealingState] = Counter()
    open_reviews = causes = 0
    edited_by: dict[tuple[str, str], str] = {}
    later: list[tuple[tuple[str, str], bool]] = []
    async for healing in healings:
        states[healing.state] += 1
        open_reviews += healing.open_reviews
        if healing.report is None:
            continue
        standing = healing.healed
        causes += len({t.cause or t.test for t in healing.report.tests if t.test in standing})
        later += (((run.healing, run.test), run.passed) for run in healing.report.later)
        for test in healing.report.tests:
            found = counts.setdefault(test.strategy or "", StrategyCount(test.strategy or ""))
            found.verdicts[test.verdict] += 1
            found.standing += test.test in standing
            if test.test in standing:
                edited_by[healing.id, test.test] = found.strategy
            if test.test in healing.decisions:
                found.decisions[healing.decisions[test.test]] += 1
    for heal, passed in later:
        if heal in edited_by:
            found = counts[edited_by[heal]]
            found.later_passed += passed
            found.later_failed += not passed
    return Statistics(
        states[HealingState.COMPLETED],
        states[HealingState.FAILED] + states[HealingState.CANCELLED],
        [counts[id] for id in sorted(counts)],
        open_reviews,
        causes * SECONDS_BY_CAUSE,
    )
