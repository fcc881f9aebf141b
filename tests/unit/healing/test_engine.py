"""The engine from end to end, on real processes."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.engine import CannotHeal, Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import Progress, Stage, Verdict
from maestro_healing.domain.ports import RunRequest
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import Project

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]

SHOP = '''
def total(prices, discount=0):
    """The sum of the prices, less a discount in percent."""
    return sum(prices) * (100 - discount) / 100


def cheapest_first(items):
    """What is sold: the cheapest item comes first."""
    return sorted(items)
'''
TESTS = """
from shop import cheapest_first, total


def test_total():
    assert total([1, 2]) == 3  # plain


def test_discount():
    assert total([100], discount=10) == 90


def test_the_cheapest_item_comes_first():
    assert cheapest_first([2, 1]) == [1, 2]
"""
BASE = {"shop.py": SHOP, "tests/test_shop.py": TESTS, "pytest.ini": "[pytest]\n"}
HEAD = SHOP.replace("discount", "percent_off").replace("sorted(items)", "sorted(items, reverse=True)")


def git_apply(folder: Path, patch: str) -> None:
    """Applies a patch as a user would."""
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch.encode(), check=True)


async def heal(project: Project, runner: LocalRunner, seen: list[Progress] | None = None) -> HealingReport:
    async def listen(progress: Progress) -> None:
        if seen is not None:
            seen.append(progress)

    return await Engine(runner, check_change).heal(project, progress=listen)


async def test_stale_is_healed_and_broken_is_refused(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    project = make_project(BASE, {"shop.py": HEAD})
    before = project.head.root.joinpath("tests/test_shop.py").read_text()
    seen: list[Progress] = []
    report = await heal(project, run_locally(project), seen)
    verdicts = {test.test.rpartition("::")[2]: test for test in report.tests}
    assert {name: test.verdict for name, test in verdicts.items()} == {
        "test_discount": Verdict.HEALED,
        "test_the_cheapest_item_comes_first": Verdict.REFUSED,
    }
    assert verdicts["test_discount"].strategy == "api_contract_adaptation"
    assert "the cheapest item comes first" in verdicts["test_the_cheapest_item_comes_first"].reason
    assert (report.total, report.passed) == (3, 1)
    assert project.head.root.joinpath("tests/test_shop.py").read_text() == before
    git_apply(project.head.root, report.patch)
    after = project.head.root.joinpath("tests/test_shop.py").read_text()
    assert after == before.replace("discount=10", "percent_off=10")
    assert HealingReport.from_dict(report.to_dict()) == report
    assert [p.test.test for p in seen if p.test is not None] == [test.test for test in report.tests]
    assert {Stage.RUN, Stage.DIAGNOSE, Stage.PROPOSE, Stage.VERIFY, Stage.DECIDE} <= {p.stage for p in seen}


async def test_a_module_that_moved_hides_what_fails_behind_it(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    head: dict[str, str | None] = {"shop.py": None, "store.py": SHOP.replace("discount", "discount_percent")}
    project = make_project(BASE, head)
    report = await heal(project, run_locally(project))
    assert {test.verdict for test in report.tests} == {Verdict.HEALED}
    assert sorted(test.test for test in report.tests) == [
        "tests/test_shop.py",
        "tests/test_shop.py::test_discount",
    ]
    assert "+from store import cheapest_first, total" in report.patch


async def test_without_a_base_nothing_is_more_than_proposed(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    stale = "import collections\n\n\ndef test_type():\n    assert isinstance({}, collections.Mapping)\n"
    project = make_project({"shop.py": SHOP, "tests/test_old.py": stale}, {}, has_base=False)
    report = await heal(project, run_locally(project))
    assert [test.verdict for test in report.tests] == [Verdict.PROPOSED]
    assert report.patch == ""
    assert "+from collections.abc import Mapping" in report.proposed_patch


async def test_what_no_strategy_explains_is_unhealed(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    project = make_project(BASE, {"shop.py": SHOP.replace("return sum", "return 0 / 0 * sum")})
    report = await heal(project, run_locally(project))
    assert {test.verdict for test in report.tests} == {Verdict.UNHEALED}
    assert all(test.reason.startswith("no strategy applies") for test in report.tests)


async def test_a_bug_is_never_more_than_a_proposal_that_says_what_it_lacks(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    project = make_project(BASE, {"shop.py": SHOP.replace("/ 100", "/ 99")})
    report = await heal(project, run_locally(project))
    assert {test.verdict for test in report.tests} == {Verdict.PROPOSED}
    assert all("Nothing but the observed value supports this" in " ".join(t.evidence) for t in report.tests)
    assert report.patch == ""


async def test_a_test_that_does_not_come_to_its_end_is_a_failure_too(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    ends = "import os\n\n\ndef test_ends():\n    os._exit(7)\n\n\ndef test_after(): pass\n"
    project = make_project({**BASE, "tests/test_z.py": ends}, {"shop.py": HEAD})
    report = await heal(project, run_locally(project))
    last = report.tests[-1]
    assert (last.test, last.verdict) == ("tests/test_z.py::test_ends", Verdict.UNHEALED)
    assert "the interpreter ended in it (exit status 7); 1 tests after it did not run" in last.reason
    assert Verdict.HEALED in {test.verdict for test in report.tests}


async def test_no_tests_is_told(make_project: MakeProject, run_locally: RunLocally) -> None:
    project = make_project({"shop.py": SHOP}, {})
    with pytest.raises(CannotHeal) as caught:
        await heal(project, run_locally(project))
    assert caught.value.reason == "NO_TESTS"


async def test_a_cancelled_healing_ends_its_run(make_project: MakeProject, tmp_path: Path) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    class Endless:
        async def run(self, request: RunRequest) -> RunResult:
            begun.set()
            try:
                return await asyncio.get_running_loop().create_future()
            finally:
                ended.set()

    task = asyncio.create_task(Engine(Endless(), check_change).heal(make_project(BASE, {})))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_a_case_whose_id_changes_with_its_row_is_still_known(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    test = """
    import pytest

    from shop import double


    @pytest.mark.parametrize(("given", "expected"), [(1, "a"), (2, "bb"), (3, "ccc")])
    def test_double(given, expected):
        assert double(given) == expected


    def test_beside():
        assert double(1) == "a"
    """
    double = "def double(x):\n    return {}[x - 1]\n"
    base = {"shop.py": double.format(["a", "bb", "ccc"]), "tests/test_shop.py": test}
    project = make_project(base, {"shop.py": double.format(["a", "bB", "ccc"])})
    report = await heal(project, run_locally(project))
    assert [(t.test, t.verdict) for t in report.tests] == [
        ("tests/test_shop.py::test_double[2-bb]", Verdict.PROPOSED)
    ]
    assert '(2, "bB")' in report.proposed_patch
