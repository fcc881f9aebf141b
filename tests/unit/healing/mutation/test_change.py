"""The mutation check of a change that somebody made, product and tests together."""

from collections.abc import Awaitable, Callable, Mapping

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.guard import FileChange, review
from maestro_healing.domain.healing import HealingSpec, Source
from maestro_healing.domain.model import Policy
from maestro_healing.domain.mutation import Kept, kept_by_change
from maestro_healing.domain.sources import Project

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]
Judge = Callable[..., Awaitable[Mapping[str, Kept]]]

PATH = "tests/test_shop.py"
NAME = f"{PATH}::test_total"
SHOP = """\
def total(prices, off=0):
    share = 100 - off
    return sum(prices) * share / 100


def size(prices):
    return len(prices) + 0
"""
TEST = """\
from shop import size, total


def test_total():
    assert total([50, 50], 10) == 90
    assert size([50, 50]) == 2
"""


@pytest.fixture
def kept(make_project: MakeProject, run_locally: RunLocally) -> Judge:
    """What the tests of a change keep."""

    async def judge(test: str, shop: str = SHOP, seconds: float = 60.0) -> Mapping[str, Kept]:
        project = make_project({"shop.py": SHOP, PATH: TEST}, {"shop.py": shop, PATH: test})
        touched = review([FileChange(PATH, TEST, test)]).touched
        spec = HealingSpec(Source(), policy=Policy(mutation_seconds=seconds))
        return await kept_by_change(run_locally(project), project, spec, touched)

    return judge


async def test_a_check_that_went_into_a_new_test_beside_it_is_not_lost(kept: Judge) -> None:
    split = TEST.replace("    assert size", "\n\ndef test_size():\n    assert size")
    found = (await kept(split))[NAME]
    assert found.kept == found.kills >= 6


async def test_a_check_that_is_gone_is_lost(kept: Judge) -> None:
    found = (await kept(TEST.replace("assert size([50, 50]) == 2", "size([50, 50])")))[NAME]
    assert not found.holds
    assert all("len(prices)" in one for one in found.lost)


async def test_what_the_product_hides_is_not_laid_on_the_test(kept: Judge) -> None:
    """Mutants of a line that still runs, and that the old test would not notice any more either."""
    hiding = SHOP.replace("    share = 100 - off\n", "    share = 100 - off\n    share = 90\n")
    edited = TEST.replace("size([50, 50]) == 2", "size([50, 60]) == 2")
    found = (await kept(edited, hiding))[NAME]
    assert found.holds
    plain = (await kept(edited))[NAME]
    assert found.kills < plain.kills


async def test_no_time_asks_for_a_person(kept: Judge) -> None:
    found = (await kept(TEST.replace("50, 50", "50, 50.0"), seconds=0.5))[NAME]
    assert found.holds
    assert found.needs_review


async def test_a_change_that_touches_no_test_runs_nothing(kept: Judge) -> None:
    assert await kept(TEST) == {}
