"""The one table of healing: what counts as a false heal, what a run is compared with, how sure is sure."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks.calibration.outcomes import LEAST, Outcome, bins, outcomes, weights
from benchmarks.heal import table
from benchmarks.heal.cases import Case, of_regressions, of_seeded, of_skew
from benchmarks.regressions.results import Case as PlantedCase
from benchmarks.release_skew.results import FAILS, RowResult
from benchmarks.seeded.results import Result

ROW = RowResult(
    "click", "7.1.2", "8.0.4", "t.py::test", "signature", "", "HEALED", "", 0.9, "", (), 8.0, True,
    own_seconds=2.0,
)  # fmt: skip
BUG = PlantedCase("click 8 core.py:1:0 constant", "click", "constant", False, "t.py::test", "REFUSED")


def cases() -> list[Case]:
    rows = [
        ROW,
        replace(ROW, test="t.py::wrong", right=False, complaint=FAILS),
        replace(ROW, test="t.py::weak", verdict="PROPOSED", right=False, complaint="the assertion is gone"),
        replace(ROW, package="httpx", verdict="UNHEALED", right=None, seconds=40.0),
    ]
    return [*of_skew(rows), *of_regressions([BUG, replace(BUG, key="b", verdict="PROPOSED")])]


def test_parts_are_counted_one_by_one() -> None:
    lines = {name: table.numbers(found) for name, found in table.parts(cases()).items()}
    assert list(lines) == [
        "release skew, tuned on",
        "release skew, held out",
        "release skew, all",
        "regressions",
    ]
    whole = lines["release skew, all"]
    wanted = {
        "cases": 4,
        "HEALED": 2,
        "PROPOSED": 1,
        "UNHEALED": 1,
        "right": 1,
        "false heals": 1,
        "weakened": 1,
    }
    assert wanted.items() <= whole.items()
    assert (whole["median s"], whole["p95 s"], whole["x own run"]) == (8.0, 40.0, 4.0)
    assert lines["regressions"]["false heals"] == 0
    assert "x own run" not in lines["regressions"]


def test_whatever_changes_the_test_of_a_bug_is_wrong() -> None:
    verdicts = ("HEALED", "PROPOSED", "REFUSED", "UNHEALED", "UNSEEN")
    found = list(of_regressions(replace(BUG, verdict=verdict) for verdict in verdicts))
    assert [case.right for case in found] == [False, False, None, None, None]
    assert [case.is_false_heal for case in found] == [True, False, False, False, False]


def test_a_run_is_compared_with_the_one_before_by_its_counts() -> None:
    before = {"regressions": {"cases": 2, "HEALED": 0, "median s": 4.0}}
    after = {"regressions": {"cases": 2, "HEALED": 1, "median s": 9.0}, "seeded": {"cases": 3}}
    assert list(table.compare(after, before)) == ["regressions, HEALED: 0 -> 1"]


def test_where_a_person_decides_nothing_is_told_of_confidence() -> None:
    results = [Result("timing", "slow", n, truth, "PROPOSED", "", True, "", 1.0) for n, truth in enumerate(
        ("stale", "question", "bug")
    )]  # fmt: skip
    assert len(outcomes(of_seeded(results))) == 2


def outcome(part: str, confidence: float, right: bool | None) -> Outcome:
    return Outcome(part, "click", True, confidence, (), right)


def said(found: Sequence[Outcome]) -> list[tuple[float, int, float, bool]]:
    return [(b.low, b.cases, round(b.right, 2), b.is_off) for b in bins(found, lambda one: one.confidence)]


def test_all_bugs_together_weigh_what_is_assumed_of_them() -> None:
    found = [outcome("release skew", 0.9, True)] * 4 + [outcome("regressions", 0.9, None)] * 8
    assert weights(found) == pytest.approx([1.0] * 4 + [0.25] * 8)


def test_a_bin_is_off_where_enough_cases_say_so() -> None:
    sure = [outcome("release skew", 0.95, True)] * LEAST
    unsure = [outcome("release skew", 0.65, number % 2 == 0) for number in range(LEAST)]
    assert said([*sure, *unsure]) == [(0.6, LEAST, 0.5, True), (0.9, LEAST, 1.0, False)]
    assert said(unsure[1:]) == [(0.6, LEAST - 1, 0.48, False)]
