"""The benchmark of order dependence: where lines are planted, and what counts as right."""

import random
from dataclasses import replace

import pytest

from benchmarks.heal.cases import of_orders
from benchmarks.order_dependence.kinds import KINDS
from benchmarks.order_dependence.plant import planted_text
from benchmarks.order_dependence.results import PASSED, Result, show
from benchmarks.order_dependence.work import named

TESTS = '''import pytest


class TestShop:
    @pytest.mark.slow
    def test_one(self):
        """Says what."""
        assert True


def test_two():
    @helper
    def inner():
        pass

    for one in (1, 2):
        assert one
'''


@pytest.mark.parametrize(
    ("test", "is_end", "before"),
    [
        ("TestShop::test_one", False, '        """Says what."""\n        '),
        ("TestShop::test_one", True, "        assert True\n        "),
        ("test_two", False, "def test_two():\n    "),
        ("test_two", True, "        assert one\n    "),
    ],
)
def test_lines_are_planted_in_the_body_of_a_test(test: str, is_end: bool, before: str) -> None:
    text = planted_text(TESTS, f"tests/test_shop.py::{test}", ["import os", "os.chdir('x')"], is_end)
    assert before + "import os\n" in text
    compile(text, "test_shop.py", "exec")


MODULES = {"shop.core": "LIMIT = 3\nNAMES = []\n\n\ndef total(): ...\n\n\nclass Basket: ...\n"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_what_the_one_leaves_and_the_other_misses(kind: str) -> None:
    found = KINDS[kind]("shop", MODULES, random.Random(1))
    assert found is not None
    for lines in (found.leaves, found.checks):
        compile("\n".join(lines), "test_shop.py", "exec")
    assert any(line.startswith("assert ") for line in found.checks)


def test_a_kind_that_a_product_has_no_place_for_is_left_out() -> None:
    assert KINDS["registered"]("shop", {"shop": "LIMIT = 3\n"}, random.Random(1)) is None


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("It passes by itself and fails after t.py::a, t.py::b, found by bisection of 9 tests.", ("a", "b")),
        ("It fails by itself and passes after t.py::ab.", ("ab",)),
        ("It passes by itself and fails among 9 tests, none of which tells why.", ()),
    ],
)
def test_the_named_tests_are_read_from_the_evidence(said: str, wanted: tuple[str, ...]) -> None:
    assert named([said], ("t.py::a", "t.py::ab", "t.py::b")) == tuple(f"t.py::{name}" for name in wanted)


def test_what_was_not_shown_counts_as_not_healed() -> None:
    healed = Result(
        "flaky_stabilization", "planted: environment", 1, "stale", "HEALED", "flaky_stabilization", True, "",
        4.0, test="t.py::a", is_named=True,
    )  # fmt: skip
    rows = [healed, replace(healed, kind="mdutils", number=2, verdict=PASSED, right=None, is_named=False)]
    whole = next(line for line in show(rows) if line.startswith("all  ")).split()
    assert whole[1:3] == ["2", "1"]
    assert "50%" in whole
    cases = list(of_orders(rows))
    assert [(case.group, case.verdict, case.right) for case in cases] == [
        ("planted", "HEALED", True),
        ("recorded", "UNHEALED", None),
    ]
