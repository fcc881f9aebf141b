"""Expectations that stand in files beside the tests."""

from collections.abc import Callable

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import Verdict
from maestro_healing.domain.sources import Project

TESTS = """
import json
from pathlib import Path

from shop import order, receipt

DATA = Path(__file__).parent / "data"


def test_receipt():
    assert receipt() == (DATA / "receipt.txt").read_text()


def test_order():
    expected = json.loads((DATA / "order.json").read_text())
    assert order() == expected


def test_beside():
    assert (DATA / "receipt.txt").exists()
"""
SHOP = """
def receipt():
    return "1 apple\\n2 pears\\n{}\\n"


def order():
    return {{"id": 1, "paid": {}, "items": [{{"name": "apple", "tax": None}}]}}
"""
ORDER = """{
  "id": 1,
  "paid": false,
  "items": [
    {"name": "apple",   "tax": null}
  ]
}
"""


async def test_a_file_is_edited_where_it_differs(
    make_project: Callable[..., Project], run_locally: Callable[[Project], LocalRunner]
) -> None:
    base = {
        "shop.py": SHOP.format("total 3", False),
        "tests/test_shop.py": TESTS,
        "tests/data/receipt.txt": "1 apple\n2 pears\ntotal 3\n",
        "tests/data/order.json": ORDER,
    }
    project = make_project(base, {"shop.py": SHOP.format("sum: 3", True)})
    report = await Engine(run_locally(project), check_change).heal(project)
    assert {test.test.rpartition("::")[2]: test.verdict for test in report.tests} == {
        "test_receipt": Verdict.PROPOSED,
        "test_order": Verdict.PROPOSED,
    }
    changed = [
        line for line in report.proposed_patch.splitlines() if line[:1] in "+-" and line[:2] not in "+-"
    ]
    assert [line for line in changed if not line.startswith(("+++", "---"))] == [
        '-  "paid": false,',
        '+  "paid": true,',
        "-total 3",
        "+sum: 3",
    ]
