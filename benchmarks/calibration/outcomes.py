"""What became of heals, and how well their confidence foretold it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.columns import aligned
from benchmarks.heal.cases import REGRESSIONS, Case

# Assumed, for nothing here tells it: of the tests that fail in practice so many are right, and the product is
# broken. The benchmark's own shares follow from how many bugs were planted.
BUG_SHARE = 1 / 3
BINS = (0.0, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0)
LEAST = 30  # cases of a bin that tell something
RECORD = Path(__file__).with_name("outcomes.jsonl")


@dataclass(frozen=True)
class Outcome:
    """One case: how sure its edit was said to be, by which kinds of evidence, and whether it was right
    (None: there was no edit).
    """

    part: str
    package: str
    is_tuned: bool
    confidence: float
    grounds: tuple[str, ...]
    right: bool | None


def outcomes(cases: Iterable[Case]) -> list[Outcome]:
    """Those of all cases that tell whether an edit is right."""
    return [
        Outcome(
            case.part, case.group, case.is_tuned, case.confidence, tuple(sorted(case.grounds)), case.right
        )
        for case in cases
        if case.calibrates
    ]


def write_outcomes(file: Path, found: Iterable[Outcome]) -> None:
    """One JSON line each."""
    file.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found))


def read_outcomes(file: Path = RECORD) -> list[Outcome]:
    """What was recorded."""
    values = map(json.loads, file.read_text().splitlines())
    return [Outcome(**{**value, "grounds": tuple(value["grounds"])}) for value in values]


def weights(found: Sequence[Outcome]) -> list[float]:
    """How much each counts: a stale test 1, and all bugs together BUG_SHARE of the whole."""
    bugs = sum(one.part == REGRESSIONS for one in found)
    stale = len(found) - bugs
    bug = BUG_SHARE / (1 - BUG_SHARE) * stale / bugs if bugs else 0.0
    return [bug if one.part == REGRESSIONS else 1.0 for one in found]


@dataclass(frozen=True)
class Bin:
    """Judged cases whose confidence lies from `low` to below `high`: their mean confidence, and the share
    that was right, both weighted.
    """

    low: float
    high: float
    cases: int
    confidence: float
    right: float

    @property
    def is_off(self) -> bool:
        """Whether enough cases say that it is wrong by more than 0.1."""
        return self.cases >= LEAST and abs(self.confidence - self.right) > 0.1


def bins(found: Sequence[Outcome], confidence: Callable[[Outcome], float]) -> Iterator[Bin]:
    """Each bin that has cases."""
    groups: dict[float, list[tuple[float, float, bool]]] = defaultdict(list)
    for one, weight in zip(found, weights(found), strict=True):
        if one.right is not None:
            sure = confidence(one)
            groups[max(low for low in BINS[:-1] if low <= sure)].append((weight, sure, one.right))
    for low, high in pairwise(BINS):
        if group := groups[low]:
            whole = sum(weight for weight, _, _ in group)
            mean = sum(weight * sure for weight, sure, _ in group) / whole
            right = sum(weight for weight, _, is_right in group if is_right) / whole
            yield Bin(low, high, len(group), mean, right)


def show(found: Sequence[Outcome], confidence: Callable[[Outcome], float]) -> Iterator[str]:
    """The calibration table, of packages that were tuned on and of those that were not."""
    yield f"calibration, where of the failing tests {BUG_SHARE:.0%} are right and the product is broken:"
    lines = [("confidence", "cases", "mean", "right", "")]
    for name, is_tuned in (("tuned on", True), ("held out", False)):
        for one in bins([o for o in found if o.is_tuned is is_tuned], confidence):
            said = "off" if one.is_off else "" if one.cases >= LEAST else "few"
            lines.append(
                (f"{name}, {one.low:.2f} to {one.high:.2f}", str(one.cases), f"{one.confidence:.2f}",
                 f"{one.right:.2f}", said)
            )  # fmt: skip
    yield from aligned(lines)
