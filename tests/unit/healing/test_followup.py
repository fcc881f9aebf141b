"""Healed tests in later runs, and what is counted of it all."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maestro_healing.domain.followup import followed, later_runs
from maestro_healing.domain.healing import Decision, Healing, HealingSpec, HealingState, Source
from maestro_healing.domain.model import LaterRun, LineEdit, TestHealing, Verdict
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.runs import Outcome, RunResult
from maestro_healing.domain.sources import Project
from maestro_healing.domain.usecases.statistics import SECONDS_BY_CAUSE, count

HERE = Source("/p")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
EDIT = LineEdit("tests/test_a.py", 1, 2, ("    assert new() == 1\n",))
HEALED = "def test_a():\n    assert new() == 1\n"


def edited(name: str, verdict: Verdict, strategy: str = "s", **fields: object) -> TestHealing:
    """A test with an edit."""
    return TestHealing(f"tests/test_a.py::{name}", verdict, strategy, edits=(EDIT,), **fields)  # type: ignore[arg-type]


def healing(id: str, *tests: TestHealing, source: Source = HERE, **fields: object) -> Healing:
    """One that has ended."""
    given = Healing("t", id, HealingSpec(source), "me", NOW, NOW, HealingState.COMPLETED)
    report = HealingReport(tests, 9, 5, 1.0)
    return replace(given, report=report, **fields)  # type: ignore[arg-type]


def run(**statuses: str) -> RunResult:
    """A run with these outcomes."""
    tests = {f"tests/test_a.py::{name}": status for name, status in statuses.items()}
    return RunResult({test: Outcome(test, status) for test, status in tests.items()})


def test_heals_of_the_same_project_are_followed_where_they_stand() -> None:
    earlier = [
        healing("h1", edited("test_a", Verdict.HEALED), edited("test_b", Verdict.PROPOSED)),
        healing("h2", edited("test_a", Verdict.HEALED), source=Source("/elsewhere")),
        healing("h3", edited("test_a", Verdict.HEALED), source=Source(uploaded="tenants/t/projects/p")),
        healing(
            "h4",
            edited("test_a", Verdict.HEALED),
            edited("test_b", Verdict.PROPOSED),
            decisions={
                "tests/test_a.py::test_a": Decision.REJECTED,
                "tests/test_a.py::test_b": Decision.APPROVED,
            },
        ),
    ]
    found = followed(healing("now"), earlier)
    assert [(one.healing, one.test) for one in found] == [
        ("h1", "tests/test_a.py::test_a"),
        ("h4", "tests/test_a.py::test_b"),
    ]
    assert followed(healing("now", source=Source(uploaded="tenants/t/projects/p")), earlier) == ()


@pytest.mark.parametrize(
    ("text", "result", "expected"),
    [
        (HEALED, run(test_a="passed"), [True]),
        (HEALED, run(test_a="failed"), [False]),
        (HEALED, run(test_a="skipped"), []),
        (HEALED, run(test_other="passed"), []),
        (HEALED.replace("new", "old"), run(test_a="failed"), []),
    ],
)
def test_only_a_run_with_the_heal_in_its_file_tells_of_it(
    make_project: Callable[..., Project], text: str, result: RunResult, expected: list[bool]
) -> None:
    project = make_project({"tests/test_a.py": text}, {})
    heals = followed(healing("now"), [healing("h1", edited("test_a", Verdict.HEALED))])
    assert [later.passed for later in later_runs(heals, project.head, result)] == expected


def test_a_healed_file_holds_where_it_has_tests(make_project: Callable[..., Project]) -> None:
    project = make_project({"tests/test_a.py": HEALED}, {})
    whole = replace(edited("x", Verdict.HEALED), test="tests/test_a.py")
    heals = followed(healing("now"), [healing("h1", whole)])
    assert [later.passed for later in later_runs(heals, project.head, run(test_a="failed"))] == [True]
    broken = RunResult({"tests/test_a.py": Outcome("tests/test_a.py", "failed")})
    assert [later.passed for later in later_runs(heals, project.head, broken)] == [False]


async def test_what_is_counted() -> None:
    a, b = "tests/test_a.py::test_a", "tests/test_a.py::test_b"
    first = healing(
        "h1",
        edited("test_a", Verdict.HEALED, cause="c1"),
        edited("test_b", Verdict.HEALED, cause="c1"),
        edited("test_c", Verdict.PROPOSED, cause="c2", review=True),
        edited("test_d", Verdict.UNHEALED),
        TestHealing("tests/test_a.py::test_e", Verdict.REFUSED, review=True),
    )
    report = HealingReport((), 9, 9, 1.0, later=(LaterRun("h1", a, True), LaterRun("h1", b, False)))
    second = replace(healing("h2"), report=report)
    gone = replace(healing("h3"), report=replace(report, later=(LaterRun("unknown", a, True),)))
    failed = replace(healing("h4"), state=HealingState.FAILED, report=None)

    async def all_of_them() -> AsyncIterator[Healing]:
        for one in (second, first, gone, failed):
            yield one

    found = await count(all_of_them())
    assert (found.completed, found.failed, found.open_reviews) == (3, 1, 1)
    nobody, strategy = found.strategies
    assert (nobody.strategy, nobody.verdicts[Verdict.REFUSED], nobody.success_rate) == ("", 1, 0.0)
    assert (strategy.success_rate, strategy.later_passed, strategy.later_failed) == (0.5, 1, 1)
    assert found.seconds_saved == SECONDS_BY_CAUSE  # one cause, though two tests


def test_a_report_keeps_what_came_later() -> None:
    report = HealingReport((), 1, 1, 1.0, later=(LaterRun("h", "t", True),))
    assert HealingReport.from_dict(report.to_dict()) == report
