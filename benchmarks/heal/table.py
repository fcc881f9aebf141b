"""The one table, and the numbers in it by name, so that a later run can be compared with them."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.columns import aligned
from benchmarks.heal.cases import ORDERS, REGRESSIONS, SEEDED, SKEW, Case
from benchmarks.release_skew.results import UNSEEN
from maestro_healing.domain.model import Verdict

Numbers = Mapping[str, float]

_COUNTS = (*map(str, Verdict), UNSEEN)


def parts(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """The lines of the table: each part, and of release skew what was tuned on apart from what was not."""
    lines = {
        f"{SKEW}, tuned on": [c for c in cases if c.part == SKEW and c.is_tuned],
        f"{SKEW}, held out": [c for c in cases if c.part == SKEW and not c.is_tuned],
        f"{SKEW}, all": [c for c in cases if c.part == SKEW],
        f"{ORDERS}, recorded": [c for c in cases if c.part == ORDERS and c.group == "recorded"],
        f"{ORDERS}, planted": [c for c in cases if c.part == ORDERS and c.group == "planted"],
        f"{REGRESSIONS}": [c for c in cases if c.part == REGRESSIONS],
    }
    kinds = sorted({case.group for case in cases if case.part == SEEDED})
    lines |= {
        f"{SEEDED}, {kind}": [c for c in cases if c.part == SEEDED and c.group == kind] for kind in kinds
    }
    return {name: found for name, found in lines.items() if found}


def numbers(cases: Sequence[Case]) -> Numbers:
    """What is counted and measured of some cases; a time is missing where nothing was timed."""
    found: dict[str, float] = {"cases": len(cases)}
    found |= {count: sum(case.verdict == count for case in cases) for count in _COUNTS}
    found["right"] = sum(case.right is True for case in cases)
    found["false heals"] = sum(case.is_false_heal for case in cases)
    found["weakened"] = sum(case.is_weakened for case in cases)
    seen = [case for case in cases if case.verdict != UNSEEN]
    seconds = sorted(case.seconds for case in seen)
    if seconds:
        found["median s"] = statistics.median(seconds)
        found["p95 s"] = seconds[math.ceil(0.95 * len(seconds)) - 1]
    ratios = [case.seconds / case.own_seconds for case in seen if case.own_seconds]
    if ratios:
        found["x own run"] = statistics.median(ratios)
    return found


def show(lines: Mapping[str, Numbers]) -> Iterator[str]:
    """The table: a line for each name."""
    titles = list(dict.fromkeys(title for line in lines.values() for title in line))
    cells = [("", *titles)]
    cells += [(name, *(_cell(title, line) for title in titles)) for name, line in lines.items()]
    yield from aligned(cells)


def compare(lines: Mapping[str, Numbers], earlier: Mapping[str, Numbers]) -> Iterator[str]:
    """One line for each count that is other than it was; times vary, and are not compared."""
    for name, line in lines.items():
        for title, value in line.items():
            before = earlier.get(name, {}).get(title, value)
            if isinstance(value, int) and value != before:
                yield f"{name}, {title}: {before} -> {value}"


def _cell(title: str, line: Numbers) -> str:
    value = line.get(title)
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.1f}"
