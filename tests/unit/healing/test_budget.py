"""A healing that may take only so long: what is proved by then is kept, the rest says why it is not healed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain import session
from maestro_healing.domain.engine import CannotHeal, Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import Policy, TestHealing, Verdict
from maestro_healing.domain.ports import RunRequest
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.session import BUDGET_RAN_OUT
from maestro_healing.domain.sources import Project

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]

SHOP = """
def total(prices, discount=0):
    return sum(prices) * (100 - discount) / 100


def label(name, upper=False):
    return name.upper() if upper else name
"""
TESTS = """
from shop import label, total


def test_one_step():
    assert total([100], discount=10) == 90


def test_two_steps():
    assert total([100], discount=10) == 90
    assert label("a", upper=True) == "A"
"""
SECONDS = 10.0


@dataclass
class Timed:
    """A runner whose runs take ten seconds each, by the clock that the healing goes by."""

    runner: LocalRunner
    now: float = 0.0
    runs: int = 0
    hangs_at: int = 0

    async def run(self, request: RunRequest) -> RunResult:
        self.runs += 1
        if self.runs == self.hangs_at:
            self.now += request.timeout
            return RunResult(timed_out=True)
        self.now += SECONDS
        return await self.runner.run(replace(request, timeout=600.0))

    async def mutate(self, request: RunRequest) -> bytes | None:
        raise AssertionError("there is no time for mutants")


@pytest.fixture
def timed(
    make_project: MakeProject, run_locally: RunLocally, monkeypatch: pytest.MonkeyPatch
) -> tuple[Project, Timed]:
    """A product that renamed two parameters, and its slow runner."""
    head = SHOP.replace("discount", "percent_off").replace("upper=", "shout=").replace("if upper", "if shout")
    project = make_project({"shop.py": SHOP, "tests/test_shop.py": TESTS}, {"shop.py": head})
    runner = Timed(run_locally(project))
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: runner.now))
    return project, runner


async def heal(project: Project, runner: Timed, budget: float) -> dict[str, TestHealing]:
    report = await Engine(runner, check_change).heal(
        project, policy=Policy(mutation_seconds=0), budget=budget
    )
    return {test.test.rpartition("::")[2]: test for test in report.tests}


async def test_what_was_found_in_time_is_proved_and_kept(timed: tuple[Project, Timed]) -> None:
    project, runner = timed
    made = await heal(project, runner, 60)
    assert made["test_one_step"].verdict is Verdict.HEALED
    assert made["test_two_steps"].verdict is Verdict.UNHEALED
    assert made["test_two_steps"].reason == BUDGET_RAN_OUT
    assert runner.now <= 60


async def test_nothing_is_begun_that_could_not_be_proved(timed: tuple[Project, Timed]) -> None:
    project, runner = timed
    made = await heal(project, runner, 45)
    assert {test.reason for test in made.values()} == {BUDGET_RAN_OUT}
    assert runner.runs == 2  # at head and at base


async def test_a_base_that_was_not_seen_is_not_said_to_fail(timed: tuple[Project, Timed]) -> None:
    project, runner = timed
    runner.hangs_at = 2
    made = await heal(project, runner, 25)
    said = {test.evidence for test in made.values()}
    assert said == {("It was not seen on the base revision: that run was cut off before it.",)}


@pytest.mark.parametrize("hangs_at", [5, 6])
async def test_what_is_cut_off_while_it_is_proved_is_not_healed(
    timed: tuple[Project, Timed], hangs_at: int
) -> None:
    project, runner = timed
    runner.hangs_at = hangs_at
    made = await heal(project, runner, 100)
    assert {(test.verdict, test.reason) for test in made.values()} == {(Verdict.UNHEALED, BUDGET_RAN_OUT)}
    assert runner.now <= 100


async def test_tests_that_do_not_end_in_it_are_told(timed: tuple[Project, Timed]) -> None:
    project, runner = timed
    runner.hangs_at = 1
    with pytest.raises(CannotHeal) as caught:
        await heal(project, runner, 5)
    assert caught.value.reason == "BUDGET_RAN_OUT"
