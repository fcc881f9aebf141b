"""The benchmark's own judgement: authors' fixes, the slice in scope, what counts as passing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.release_skew.authors import says_the_same, spliced
from benchmarks.release_skew.oracle import passes
from benchmarks.release_skew.results import PairResult, RowResult, read_results, rows_of
from benchmarks.release_skew.rows import Row
from benchmarks.release_skew.scope import in_scope
from benchmarks.release_skew.tables import compare, show
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.runs import Frame, Outcome, RunResult, TestFailure

MakeChange = Callable[[str, str], ProductChange]

OLD = """\
from shop import total


class TestTotal:
    def test_sum(self):
        assert total([1, 2]) == 3  # as ever

    def test_discount(self):
        assert total([100], discount=10) == 90
"""
AUTHORS = """\
from shop import total


class TestTotal:
    def test_sum(self) -> None:
        assert (
            total([1, 2]) == 3
        )

    def test_discount(self) -> None:
        assert total([100], percent_off=10) == 90
"""


def row(test: str, **values: str) -> Row:
    return Row("shop", "1", "2", test, values.get("signal", "signature"), "TypeError")


def result(
    test: str, verdict: str, right: bool | None = None, scope: str = "", package: str = "shop"
) -> RowResult:
    return RowResult(package, "1", "2", test, "signature", scope, verdict, "", 0.9, "", (), 1.0, right)


def test_the_authors_function_is_spliced_into_the_old_file() -> None:
    text = spliced(OLD, AUTHORS, ["TestTotal.test_discount", "TestTotal.unknown"])
    assert text == OLD.replace(
        "    def test_discount(self):\n", "    def test_discount(self) -> None:\n"
    ).replace("discount=10", "percent_off=10")


def test_layout_and_annotations_do_not_make_a_fix_another() -> None:
    about = row("t.py::TestTotal::test_discount")
    healed = OLD.replace("discount=10", "percent_off=10")
    assert says_the_same(about, OLD, healed, AUTHORS) is True
    assert says_the_same(about, OLD, OLD.replace(", discount=10) == 90", ") == 100"), AUTHORS) is False
    assert says_the_same(row("t.py::TestTotal::test_gone"), OLD, healed, AUTHORS) is None


def test_of_a_file_all_that_was_edited_is_compared() -> None:
    authors = AUTHORS.replace("from shop import total", "from store import total")
    assert says_the_same(row("t.py"), OLD, OLD.replace("from shop", "from store"), authors) is True
    assert says_the_same(row("t.py"), OLD, OLD.replace("from shop", "from shop.old"), authors) is False


def test_every_case_of_a_row_must_pass() -> None:
    outcomes = {
        name: Outcome(name, status) for name, status in [("t.py::a[1]", "passed"), ("t.py::a[2]", "failed")]
    }
    assert passes(row("t.py::a"), RunResult(outcomes, finished=True)) is False
    assert passes(row("t.py::b"), RunResult(outcomes, finished=True)) is None
    assert passes(row("t.py"), RunResult(outcomes, finished=True)) is True


@pytest.mark.parametrize(
    ("type_", "message", "expected"),
    [
        ("ImportError", "cannot import name 'total' from 'shop' (x.py)", "missing symbol: shop.total"),
        ("ImportError", "cannot import name 'never' from 'shop' (x.py)", ""),
        ("TypeError", "price() got an unexpected keyword argument 'vat'", "changed signature: shop.price"),
        ("TypeError", "open() got an unexpected keyword argument 'vat'", ""),
        ("AssertionError", "assert 3 == 4", ""),
    ],
)
def test_scope_follows_from_failure_and_api(
    make_change: MakeChange, type_: str, message: str, expected: str
) -> None:
    change = make_change("def total(): ...\ndef price(vat): ...\n", "def price(tax): ...\n")
    failure = TestFailure("t.py::a", "call", f"builtins.{type_}", message, (f"builtins.{type_}",))
    assert in_scope(failure, change, {}) == expected


def test_a_deprecation_is_in_scope_where_it_names_its_replacement(make_change: MakeChange) -> None:
    def failure(message: str) -> TestFailure:
        mro = ("builtins.DeprecationWarning", "builtins.Warning")
        return TestFailure("t.py::a", "call", "builtins.DeprecationWarning", message, mro)

    change = make_change("", "")
    assert in_scope(failure("'total' is deprecated. Use 'grand_total' instead."), change, {})
    assert not in_scope(failure("'total' is deprecated and will be removed in 3.0."), change, {})


def test_a_member_that_became_a_method_is_in_scope(make_change: MakeChange) -> None:
    change = make_change(
        "class Cart:\n    @property\n    def size(self): return 1\n",
        "class Cart:\n    def size(self): return 1\n",
    )
    texts = {"t.py": "def test_a(cart):\n    assert cart.size == 1\n"}
    failure = TestFailure(
        "t.py::test_a",
        "call",
        "builtins.AssertionError",
        "assert <x> == 1",
        frames=(Frame("t.py", 2, "test_a", ""),),
    )
    assert in_scope(failure, change, texts) == "value became call, or call value: shop.Cart.size"


def test_a_stopped_run_keeps_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    assert read_results(file) == []
    first = PairResult("shop-1-2", (result("t.py::a", "HEALED", True),), 1.0, {"HEALED": ""})
    first.append_to(file)
    with file.open("a") as stream:
        stream.write('{"name": "cut off')
    assert read_results(file) == [first]


def test_the_shares_are_means_over_packages_with_the_small_ones_pooled() -> None:
    large = [result(f"t.py::{n}", "HEALED", True, "missing symbol", "large") for n in range(5)]
    small = [
        result("t.py::a", "PROPOSED", False, "missing symbol", "small"),
        result("t.py::a", "UNHEALED", package="tiny"),
    ]
    lines = list(show([*large, *small]))
    assert "right, all rows: 50% mean over packages, 71% (5 of 7) of the rows" in lines
    assert "right, in scope: 50% mean over packages, 83% (5 of 6) of the rows" in lines
    assert "in scope before patching: 86% (6 of 7) of the rows" in lines
    assert any(line.startswith("wrong: small 2 t.py::a PROPOSED") for line in lines)


def test_what_is_other_than_before_is_told() -> None:
    before = [result("t.py::a", "HEALED", True), result("t.py::b", "UNHEALED")]
    after = [result("t.py::a", "HEALED", False), result("t.py::b", "UNHEALED")]
    assert list(compare(after, before)) == ["shop 2 t.py::a: HEALED right -> HEALED wrong"]
    assert (
        len(rows_of([PairResult("p", tuple(before), 1.0, {}), PairResult("p", tuple(after[:1]), 1.0, {})]))
        == 1
    )
