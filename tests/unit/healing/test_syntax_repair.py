"""Files of tests that do not parse: what is proposed, what is healed, and what is left alone."""

import ast
from collections.abc import Callable
from textwrap import dedent

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change, check_file
from maestro_healing.domain.model import Verdict
from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.sources import Project
from maestro_healing.domain.strategies.strategy import Case, Proposal
from maestro_healing.domain.strategies.syntax_repair import SyntaxRepair
from maestro_healing.domain.syntax.fault import fault_in
from maestro_healing.domain.syntax.repair import repairs

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]

FILE = "tests/test_shop.py"
SHOP = "def total(prices):\n    return sum(prices)\n\n\ndef names(items):\n    return sorted(items)\n"
TESTS = dedent(
    '''
    import pytest
    from shop import names, total


    @pytest.mark.parametrize("prices", [[1, 2], [3]])
    def test_total(prices):
        """The sum."""
        assert total(prices) == 3
        for price in prices:
            assert price < 4


    class TestNames:
        def test_order(self):
            found = names(
                ["b", "a"],
            )
            assert found == ["a", "b"]
            assert len(found) == 2

        def test_nothing(self):
            with pytest.raises(TypeError):
                names(None)
    '''
)


def propose(project: Project, text: str) -> list[Proposal]:
    failure = TestFailure(FILE, "collect", "builtins.SyntaxError", "", ("builtins.SyntaxError",))
    return list(SyntaxRepair().propose(Case(failure, {FILE: text}, "3.11"), ProductChange(project)))


def repaired(proposal: Proposal, text: str) -> str:
    (rule,) = proposal.rules
    return rule.rewrite_text(text)  # type: ignore[union-attr]


def same(one: str, other: str) -> bool:
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


SLIPS = [
    ("total(prices) == 3", "total(prices == 3"),
    ("total(prices) == 3", "total(prices)) == 3"),
    ("total(prices) == 3", "total(prices] == 3"),
    ("total(prices) == 3", "total(prices) = 3"),
    ("total(prices) == 3", "total(prices)\u00a0== 3"),
    ('"""The sum."""', '"""The sum.'),
    ('"prices", [[1', '"prices, [[1'),
    ('"prices", [[1', "“prices”, [[1"),
    ("def test_total(prices):", "def test_total(prices)"),
    ("import names, total", "import names total"),
    ('            ["b", "a"],\n        )\n', '            ["b", "a"],\n'),
    ("        found = names(\n", "          found = names(\n"),
    ("    for price in prices:\n        assert", "    for price in prices:\n    assert"),
    ("        for price", "\tfor price"),
]


@pytest.mark.parametrize(("right", "wrong"), SLIPS, ids=[wrong.strip()[:30] for _, wrong in SLIPS])
@pytest.mark.parametrize("has_base", [True, False])
def test_what_stood_there_is_proposed(
    make_project: MakeProject, right: str, wrong: str, has_base: bool
) -> None:
    broken = TESTS.replace(right, wrong)
    if right == "        for price":
        broken = TESTS.replace("    for price in", "\tfor price in")
    assert fault_in(broken) is not None
    project = make_project({"shop.py": SHOP, FILE: TESTS}, {FILE: broken}, has_base=has_base)
    found = propose(project, broken)
    # Without a base some slips have two readings; running the tests tells which was meant.
    likely = found[:1] if has_base else found[:2]
    assert any(same(repaired(proposal, broken), TESTS) for proposal in likely)


def test_python_2_becomes_python_3_and_nothing_else_changes() -> None:
    old = dedent(
        """
        def test_values():
            print "x", 0644
            try:
                raise ValueError, "no"
            except ValueError, error:
                assert `error` <> ur"a\\d" # kept
            assert u"x" == "x"
        """
    )
    (first, *_) = repairs(old, None)
    assert first.text == dedent(
        """
        def test_values():
            print("x", 0o644)
            try:
                raise ValueError("no")
            except ValueError as error:
                assert repr(error) != r"a\\d" # kept
            assert u"x" == "x"
        """
    )


def test_windows_line_ends_stay(make_project: MakeProject) -> None:
    broken = TESTS.replace("total(prices) == 3", "total(prices == 3").replace("\n", "\r\n")
    project = make_project({"shop.py": SHOP}, {}, has_base=False)
    found = repaired(propose(project, broken)[0], broken)
    assert found.count("\r\n") == found.count("\n") == TESTS.count("\n")


CONFLICT = """from shop import total


def test_total():
<<<<<<< HEAD
    assert total([100], discount=10) == 90
=======
    assert total([100], percent_off=10) == 90
>>>>>>> topic
"""


def test_a_conflict_is_decided_by_the_product(make_project: MakeProject) -> None:
    old = "def total(prices, discount=0):\n    return sum(prices) * (100 - discount) / 100\n"
    head = {"shop.py": old.replace("discount", "percent_off"), FILE: CONFLICT}
    base = {"shop.py": old, FILE: CONFLICT.replace("<<<<<<< HEAD\n", "").partition("=======")[0]}
    first = propose(make_project(base, head), CONFLICT)[0]
    found = repaired(first, CONFLICT)
    assert found.endswith("def test_total():\n    assert total([100], percent_off=10) == 90\n")
    assert check_file(FILE, CONFLICT, found) == ()


def test_of_a_conflict_the_tests_of_both_sides_stay(make_project: MakeProject) -> None:
    one = "def test_one():\n    assert total([1]) == 1\n\n\n"
    other = "def test_two():\n    assert total([2]) == 2\n\n\n"
    text = f"from shop import total\n\n\n<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> topic\n"
    first = propose(make_project({"shop.py": SHOP}, {}, has_base=False), text)[0]
    assert repaired(first, text) == f"from shop import total\n\n\n{one}{other}"


def test_the_guard_sees_the_tests_that_a_resolution_drops() -> None:
    one, other = (
        "def test_one():\n    assert 1 == len('a')\n",
        "def test_two():\n    assert 2 == len('ab')\n",
    )
    text = f"<<<<<<< HEAD\n{one}=======\n{other}>>>>>>> topic\n"
    (finding,) = check_file(FILE, text, one)
    assert finding.kind == "test_deleted"
    assert check_file(FILE, text, one + other) == ()


async def test_a_broken_file_is_healed_and_a_bug_behind_it_is_not(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    broken = TESTS.replace("total(prices) == 3", "total(prices == 3")
    bug = SHOP.replace("sorted(items)", "sorted(items, reverse=True)")
    project = make_project({"shop.py": SHOP, FILE: TESTS, "pytest.ini": ""}, {"shop.py": bug, FILE: broken})
    report = await Engine(run_locally(project), check_change).heal(project)
    verdicts = {test.test: test.verdict for test in report.tests}
    assert verdicts[FILE] is Verdict.HEALED
    assert verdicts[f"{FILE}::TestNames::test_order"] is not Verdict.HEALED
    (change,) = report.edited({FILE}).items()
    assert change == (FILE, TESTS)


def test_what_lies_beyond_a_few_edits_is_left_alone(make_project: MakeProject) -> None:
    text = "def test_x(:\n" + "".join(f"  )) what is {n} this ((\n" for n in range(40))
    assert propose(make_project({"shop.py": SHOP}, {}, has_base=False), text) == []
