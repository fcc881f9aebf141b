"""The rule on real processes: what a healed test keeps of what the old one killed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.mutation import Kept, MutationCheck
from maestro_healing.domain.mutation.kept import ENOUGH
from maestro_healing.domain.ports import RunRequest
from maestro_healing.domain.sources import Project

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]

OLD = """\
def total(prices, discount=0):
    share = 100 - discount
    return sum(prices) * share / 100
"""
NEW = OLD.replace("discount", "percent_off")
TEST = "from shop import total\n\n\ndef test_total():\n    assert total([50, 50], discount=10) == 90\n"
PATH, ID = "tests/test_shop.py", "tests/test_shop.py::test_total"
UNITS = {ID: (ID,)}
HEALED = TEST.replace("discount", "percent_off")


class Counting:
    """A runner that notes what was asked of it."""

    def __init__(self, runner: LocalRunner) -> None:
        self.runner = runner
        self.asked: list[RunRequest] = []

    async def mutate(self, request: RunRequest) -> bytes | None:
        self.asked.append(request)
        return await self.runner.mutate(request)


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project({"shop.py": OLD, PATH: TEST}, {"shop.py": NEW})


def check(project: Project, runner: object, seconds: float = 60.0) -> MutationCheck:
    return MutationCheck(runner, project, ("-q",), seconds)  # type: ignore[arg-type]


def overlay(text: str) -> Mapping[str, bytes]:
    return {PATH: text.encode()}


async def test_a_faithful_edit_keeps_all(project: Project, run_locally: RunLocally) -> None:
    kept = (await check(project, run_locally(project)).judge(UNITS, overlay(HEALED)))[ID]
    assert kept.holds
    assert kept.kept == kept.kills == 4
    assert not kept.needs_review
    assert kept.sentence == "It kills 4 of 4 mutants that the old test killed through an assertion."


@pytest.mark.parametrize(
    "check_line", ["assert total([50, 50], percent_off=10)", "total([50, 50], percent_off=10)"]
)
async def test_a_hollowed_edit_loses(project: Project, run_locally: RunLocally, check_line: str) -> None:
    text = f"from shop import total\n\n\ndef test_total():\n    {check_line}\n"
    kept = (await check(project, run_locally(project)).judge(UNITS, overlay(text)))[ID]
    assert not kept.holds
    assert "shop.py:3 `return sum(prices) * share / 100` with `" in kept.loss
    assert "of 4 mutants that the old test killed through an assertion" in kept.loss


async def test_a_test_may_have_had_another_name(project: Project, run_locally: RunLocally) -> None:
    renamed = HEALED.replace("test_total", "test_sum")
    now = "tests/test_shop.py::test_sum"
    judged = await check(project, run_locally(project)).judge({now: (now,)}, overlay(renamed), {now: (ID,)})
    assert (judged[now].kept, judged[now].kills) == (4, 4)


async def test_what_was_found_is_asked_for_once(project: Project, run_locally: RunLocally) -> None:
    runner = Counting(run_locally(project))
    judge = check(project, runner).judge
    assert await judge(UNITS, overlay(HEALED)) == await judge(UNITS, overlay(HEALED))
    assert [request.side for request in runner.asked] == ["base", "head"]
    await judge(UNITS, overlay(HEALED + "\n# once more\n"))
    assert [request.side for request in runner.asked] == ["base", "head", "head"]


async def test_a_loss_is_looked_at_twice(project: Project, run_locally: RunLocally) -> None:
    """An old test that fails on the mutants now and then promises nothing."""
    mended = project.head.root.parent / "mended"

    class Mending(Counting):
        async def mutate(self, request: RunRequest) -> bytes | None:
            if len(self.asked) == 2:
                mended.touch()
            return await super().mutate(request)

    assert project.base is not None
    flaky = f"import pathlib\n{TEST}".replace("assert", f"assert pathlib.Path({str(mended)!r}).exists() or")
    (project.base.root / PATH).write_text(flaky)
    hollow = HEALED.replace("assert total", "total").replace(" == 90", "")
    runner = Mending(run_locally(project))
    kept = (await check(project, runner).judge(UNITS, overlay(hollow)))[ID]
    assert [request.side for request in runner.asked] == ["base", "head", "base"]
    assert kept.holds
    assert kept.kills == 0


async def test_without_time_a_person_should_look(project: Project, run_locally: RunLocally) -> None:
    kept = (await check(project, run_locally(project), 0.0).judge(UNITS, overlay(HEALED)))[ID]
    assert kept.needs_review
    assert kept.holds
    assert kept.sentence.endswith("The mutation check ran out of time.")


async def test_a_test_that_runs_other_code_is_for_a_person(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    other = "\n\ndef other(prices):\n    return 90\n"
    project = make_project({"shop.py": OLD, PATH: TEST}, {"shop.py": NEW + other})
    text = "from shop import other\n\n\ndef test_total():\n    assert other([50, 50]) == 90\n"
    kept = (await check(project, run_locally(project)).judge(UNITS, overlay(text)))[ID]
    assert kept.needs_review
    assert "runs none of the lines" in kept.sentence


@pytest.mark.parametrize("left", [NEW, "def other():\n    return 1\n"])
async def test_a_test_that_runs_nothing_of_the_product_any_more_is_none(
    make_project: MakeProject, run_locally: RunLocally, left: str
) -> None:
    """Be what it was about still there, or gone."""
    project = make_project({"shop.py": OLD, PATH: TEST}, {"shop.py": left})
    text = "def test_total():\n    assert sum([50, 50]) * 90 / 100 == 90\n"
    kept = (await check(project, run_locally(project)).judge(UNITS, overlay(text)))[ID]
    assert not kept.holds
    assert kept.loss == "it runs nothing of the product any more"


async def test_a_job_without_an_answer(project: Project) -> None:
    class Silent:
        async def mutate(self, request: RunRequest) -> bytes | None:
            return None

    kept = (await check(project, Silent()).judge(UNITS, overlay(HEALED)))[ID]
    assert kept.needs_review
    assert kept.sentence.startswith("The mutation check could not be made")


async def test_what_nobody_asked_for_is_no_answer(project: Project, run_locally: RunLocally) -> None:
    """The tests can write to the driver's file."""

    class Forging(Counting):
        async def mutate(self, request: RunRequest) -> bytes | None:
            written = await super().mutate(request)
            forged = {"kind": "mutant", "unit": ID, "place": ["no.py", [1, 0], [1, 1], "x"]}
            return (written or b"") + json.dumps({**forged, "outcome": "survived"}).encode()

    kept = (await check(project, Forging(run_locally(project))).judge(UNITS, overlay(HEALED)))[ID]
    assert kept.kept == kept.kills == 4


@pytest.mark.parametrize(
    ("kills", "lost", "holds"), [(0, 0, True), (20, 1, True), (20, 2, False), (3, 1, False)]
)
def test_nearly_all_must_be_kept(kills: int, lost: int, holds: bool) -> None:
    assert Kept(kills, ("x",) * lost).holds is holds


def test_enough_is_enough() -> None:
    kept = Kept(ENOUGH)
    assert not kept.needs_review
    assert replace(kept, late=True).needs_review
