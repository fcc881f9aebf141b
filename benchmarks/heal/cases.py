"""What all parts of the benchmark say of a case, in one shape."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.order_dependence.results import PASSED
from benchmarks.order_dependence.results import Result as OrderResult
from benchmarks.regressions.results import Case as PlantedCase
from benchmarks.release_skew.results import RowResult
from benchmarks.release_skew.rows import TUNED
from benchmarks.seeded.case import Truth
from benchmarks.seeded.results import Result as SeededResult
from maestro_healing.domain.model import Verdict

SKEW, ORDERS, REGRESSIONS, SEEDED = "release skew", "order dependence", "regressions", "seeded"


@dataclass(frozen=True)
class Case:
    """One case of a part. `group` is its package, or what was seeded; `is_tuned` says that strategies and the
    calibration may have seen it. `right` is None where there is no patch to judge; a false heal is one that
    was applied and is wrong. `calibrates` says that rightness tells how sure one should have been: not so
    where a person has to decide. `own_seconds` is what one run of its test takes, 0 where that is not known.
    """

    part: str
    group: str
    key: str
    is_tuned: bool
    verdict: str
    right: bool | None
    is_false_heal: bool
    is_weakened: bool
    confidence: float
    grounds: tuple[str, ...]
    seconds: float
    own_seconds: float
    calibrates: bool = True


def of_skew(rows: Iterable[RowResult]) -> Iterator[Case]:
    """Tests of one release on the code of the next."""
    for row in rows:
        yield Case(
            SKEW, row.package, " ".join(row.key), row.package in TUNED, row.verdict, row.right,
            row.verdict == Verdict.HEALED and row.right is False, row.is_weakened,
            row.confidence, row.grounds, row.seconds, row.own_seconds,
        )  # fmt: skip


def of_regressions(cases: Iterable[PlantedCase]) -> Iterator[Case]:
    """Bugs in the product: whatever changes their test is wrong."""
    for case in cases:
        is_healed = case.verdict == Verdict.HEALED
        right = False if is_healed or case.verdict == Verdict.PROPOSED else None
        yield Case(
            REGRESSIONS, case.package, case.key, case.package in TUNED, case.verdict, right, is_healed, False,
            case.confidence, case.grounds, case.seconds, case.own_seconds,
        )  # fmt: skip


def of_orders(results: Iterable[OrderResult]) -> Iterator[Case]:
    """Tests that depend on each other. What no order that was tried has shown is not healed either."""
    for result in results:
        yield Case(
            ORDERS, "planted" if result.is_planted else "recorded", result.name, True,
            Verdict.UNHEALED if result.verdict == PASSED else result.verdict, result.right,
            result.is_false_heal, False, result.confidence, result.grounds, result.seconds,
            result.own_seconds,
        )  # fmt: skip


def of_seeded(results: Iterable[SeededResult]) -> Iterator[Case]:
    """What was put into a test, its surroundings or its timing, and bugs that look like it."""
    for result in results:
        yield Case(
            SEEDED, result.strategy, result.name, True, result.verdict, result.right,
            result.is_false_heal, False, result.confidence, result.grounds, result.seconds,
            result.own_seconds, result.truth != Truth.QUESTION,
        )  # fmt: skip
