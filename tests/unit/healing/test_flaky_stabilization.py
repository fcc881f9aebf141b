"""Tests that depend on each other: the polluter, the state and the repair, on real processes."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.calibration import Calibration
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.isolation.bisection import smallest
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence, Kind
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import EvidenceKind, Policy, Verdict
from maestro_healing.domain.ports import EVERYTHING, Conditions, RunRequest, Side
from maestro_healing.domain.review import weakenings
from maestro_healing.domain.rewrite.fixtures import AddFixture
from maestro_healing.domain.rewrite.rule import rewrite_text
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.runs import Compared, Frame, RunResult, TestFailure, Value
from maestro_healing.domain.sources import Project
from maestro_healing.domain.state import StateChange
from maestro_healing.domain.strategies.flaky_stabilization import FlakyStabilization
from maestro_healing.domain.strategies.isolation.sorting import sorters
from maestro_healing.domain.strategies.strategy import Case
from maestro_healing.domain.workbench import Attempt, Workbench


@pytest.fixture(autouse=True)
def plain_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many short runs: each without the plugins that this interpreter has."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]

SHOP = """
import functools
import logging

LIMIT = 3
REGISTRY = {"a": 1}
NAMES = ["a"]
log = logging.getLogger("shop")


class Settings:
    currency = "EUR"


class Basket:
    def __init__(self):
        self.items = []


basket = Basket()


@functools.lru_cache(maxsize=None)
def rate(currency):
    return Settings.currency + currency
"""


@pytest.mark.parametrize("wanted", [(7,), (0,), (3, 11), (2, 3, 19)], ids=str)
async def test_bisection_finds_what_is_needed(wanted: tuple[int, ...]) -> None:
    tries = 0

    async def shows(part: Sequence[int]) -> bool:
        nonlocal tries
        tries += 1
        return set(wanted) <= set(part)

    assert set(await smallest(range(20), shows)) == set(wanted)
    assert tries < 80


POLLUTIONS = {
    "a module's name": (
        "shop.LIMIT = 5",
        "assert shop.LIMIT == 3",
        'monkeypatch.setattr(shop, "LIMIT", shop.LIMIT)',
    ),
    "a class attribute": (
        "shop.Settings.currency = 'USD'",
        "assert shop.Settings.currency == 'EUR'",
        'monkeypatch.setattr(shop.Settings, "currency", shop.Settings.currency)',
    ),
    "an object's list": (
        "shop.basket.items.append(1)",
        "assert shop.basket.items == []",
        "shop.basket.items[:] = before",
    ),
    "a registry": (
        "shop.REGISTRY['b'] = 2",
        "assert shop.REGISTRY == {'a': 1}",
        "unittest.mock.patch.dict(shop.REGISTRY)",
    ),
    "a cache": (
        "shop.Settings.currency = 'USD'; shop.rate('!'); shop.Settings.currency = 'EUR'",
        "assert shop.rate('!') == 'EUR!'",
        "shop.rate.cache_clear()",
    ),
    "the environment": (
        "os.environ['SHOP_MODE'] = 'x'",
        "assert 'SHOP_MODE' not in os.environ",
        "unittest.mock.patch.dict(os.environ)",
    ),
    "the working directory": (
        "os.chdir('tests')",
        "assert os.path.exists('shop.py')",
        'monkeypatch.chdir(".")',
    ),
    "a log level": (
        "shop.log.setLevel('ERROR')",
        "assert shop.log.isEnabledFor(30)",
        "setLevel(before)",
    ),
    "a file": (
        "open('left.txt', 'w').close()",
        "assert not os.path.exists('left.txt')",
        'pathlib.Path("left.txt").unlink(missing_ok=True)',
    ),
    "a folder": (
        "os.makedirs('left/over')",
        "assert not os.path.exists('left')",
        'shutil.rmtree("left", ignore_errors=True)',
    ),
}


VICTIM, POLLUTER = "tests/test_shop.py::test_a_victim", "tests/test_shop.py::test_z_polluter"


async def dependence(runner: LocalRunner, at_base: bool = True) -> Dependence:
    """As an examination finds it."""
    failing = Conditions((POLLUTER, VICTIM))
    watching = Conditions(failing.order, watched=EVERYTHING)
    result = await runner.run(RunRequest(Side.HEAD, conditions=watching))
    failure = result.outcomes[VICTIM].failure
    assert failure is not None
    changes = tuple(change for change in result.changes[POLLUTER] if change.module != "asyncio.events")
    return Dependence(failure, Kind.POLLUTED, failing, (POLLUTER,), changes, stands_at_base=at_base)


@pytest.mark.parametrize("kind", POLLUTIONS)
async def test_what_a_test_leaves_is_put_back(
    make_project: MakeProject, run_locally: RunLocally, kind: str
) -> None:
    pollutes, checks, repair = POLLUTIONS[kind]
    tests = f"""
import os

import shop


def test_a_victim():
    {checks}


def test_z_polluter():
    {pollutes}
    assert shop.NAMES
"""
    project = make_project({"shop.py": SHOP, "tests/test_shop.py": tests, "pytest.ini": "[pytest]\n"}, {})
    runner = run_locally(project)
    found = await dependence(runner)
    bench = Workbench(project.head)
    case = Case(found.failure, bench.originals, "3.11", dependence=found)
    proposal = next(iter(FlakyStabilization().propose(case, ProductChange(project))))
    texts = bench.texts([Attempt.of(proposal, case)])
    assert repair in texts["tests/test_shop.py"]
    assert weakenings(check_change, bench.originals, texts) == ()
    after = await runner.run(RunRequest(Side.HEAD, bench.overlay(texts), conditions=found.failing))
    assert {test: outcome.status for test, outcome in after.outcomes.items()} == {
        POLLUTER: "passed",
        VICTIM: "passed",
    }


UNITTEST = """
import unittest

import shop


class TestShop(unittest.TestCase):
    def test_a_limit(self):
        self.assertEqual(shop.LIMIT, 3)


class TestLimits(unittest.TestCase):
    def test_higher(self):
        shop.LIMIT = 5
        self.assertEqual(shop.LIMIT, 5)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_polluter_is_found_and_cleans_up_in_the_style_of_its_file(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    project = make_project({"shop.py": SHOP, "test_shop.py": UNITTEST, "pytest.ini": ""}, {})
    policy = Policy(orders=1, verify_runs=1)
    report = await Engine(run_locally(project), check_change).heal(project, policy=policy)
    (healed,) = report.tests
    assert (healed.test, healed.verdict) == ("test_shop.py::TestShop::test_a_limit", Verdict.HEALED)
    assert any("fails after test_shop.py::TestLimits::test_higher" in said for said in healed.evidence)
    added = [line[1:].strip() for line in report.patch.splitlines() if line.startswith("+    ")]
    assert added == ["def setUp(self):", 'self.addCleanup(setattr, shop, "LIMIT", shop.LIMIT)']


@pytest.mark.parametrize(("at_base", "is_sure"), [(True, True), (False, False)])
def test_a_product_that_may_have_begun_to_keep_state_waits_for_a_person(
    make_project: MakeProject, at_base: bool, is_sure: bool
) -> None:
    tests = "import shop\n\n\ndef test_z_polluter():\n    shop.LIMIT = 1\n\n\ndef test_a_victim():\n    assert shop.LIMIT\n"
    files = {"shop.py": SHOP, "tests/test_shop.py": tests}
    project = make_project(files, {"shop.py": f"{SHOP}\nkept = []\n"})
    change = StateChange("", "shop", "shop.py", "module", (), "LIMIT", "module", "3", "1")
    failing = Conditions((POLLUTER, VICTIM))
    failure = TestFailure(VICTIM, "call", "builtins.AssertionError", "")
    found = Dependence(failure, Kind.POLLUTED, failing, (POLLUTER,), (change,), {}, at_base, True)
    case = Case(failure, {"tests/test_shop.py": tests}, "3.11", dependence=found)
    proposal = next(iter(FlakyStabilization().propose(case, ProductChange(project))))
    kinds = [EvidenceKind.VERIFIED, *(found.kind for found in proposal.evidence)]
    assert (Calibration().confidence(kinds) >= Policy().review_at) is is_sure


SETTER = """
import shop


def test_a_setter():
    shop.LIMIT = 5
    assert shop.LIMIT > 3


def test_needs_it():
    assert shop.allows(4)
"""
ALLOWS = f"{SHOP}\n\ndef allows(number):\n    return number <= LIMIT\n"


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_brittle_test_sets_up_what_another_one_left(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    project = make_project({"shop.py": ALLOWS, "test_shop.py": SETTER}, {})
    report = await Engine(run_locally(project), check_change).heal(
        project, policy=Policy(orders=1, verify_runs=1)
    )
    (healed,) = report.tests
    assert (healed.test, healed.verdict) == ("test_shop.py::test_needs_it", Verdict.HEALED)
    assert "It fails by itself and passes after test_shop.py::test_a_setter." in healed.evidence
    assert '+    monkeypatch.setattr(shop, "LIMIT", 5)' in report.patch


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_seed_is_proposed_where_the_outcome_follows_it(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    tests = """
import random

UNLUCKY = {random.Random(seed).random() for seed in (1, 3, 5)}


def test_draw():
    assert random.random() not in UNLUCKY
"""
    project = make_project({"shop.py": SHOP, "test_shop.py": tests}, {})
    report = await Engine(run_locally(project), check_change).heal(
        project, policy=Policy(orders=2, verify_runs=1)
    )
    (proposed,) = report.tests
    assert proposed.verdict is Verdict.PROPOSED
    assert any("follows the seed of `random`" in said for said in proposed.evidence)
    assert "+    random.seed(" in report.proposed_patch


HASHED = """
import shop


def test_names():
    names = shop.names()
    assert names == {expected}
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("hash_seed", ["0", "1"], ids=["in another order", "in the first run"])
async def test_what_a_set_holds_is_compared_sorted_once_a_person_says_so(
    make_project: MakeProject, run_locally: RunLocally, hash_seed: str
) -> None:
    """The test expects the order of one hash seed: that of usual runs, or another."""
    product = "def names():\n    return list({'apple', 'fig', 'pear', 'plum', 'quince', 'sloe'})\n"
    command = [sys.executable, "-c", f"{product}print(names())"]
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    expected = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
    project = make_project({"shop.py": product, "test_shop.py": HASHED.format(expected=expected)}, {})
    report = await Engine(run_locally(project), check_change).heal(
        project, policy=Policy(orders=2, verify_runs=1)
    )
    (proposed,) = report.tests
    assert proposed.verdict is Verdict.PROPOSED
    assert any("sets have another order" in said for said in proposed.evidence)
    assert f"+    assert sorted(names) == sorted({expected})" in report.proposed_patch


@pytest.mark.parametrize(
    ("left", "right", "statement", "new"),
    [
        (
            "['b', 'a']",
            "['a', 'b']",
            "assert list(found) == ['a', 'b']",
            "assert sorted(found) == ['a', 'b']",
        ),
        ("(2, 1)", "(1, 2)", "assert found == (1, 2)", "assert sorted(found) == sorted((1, 2))"),
        (
            "['b', 'a']",
            "['a', 'b']",
            "self.assertEqual(found, ['a', 'b'])",
            "self.assertEqual(sorted(found), ['a', 'b'])",
        ),
        ("['b', 'b']", "['a', 'b']", "assert found == ['a', 'b']", ""),  # something else
        ("[1, 'a']", "['a', 1]", "assert found == ['a', 1]", ""),  # nothing sorts it
        ("'b,a'", "'a,b'", "assert found == 'a,b'", ""),  # a text is no collection
    ],
)
def test_only_a_collection_in_another_order_is_sorted(
    left: str, right: str, statement: str, new: str
) -> None:
    text = f"def test_it(self):\n    found = names()\n    {statement}\n"
    compared = Compared("==", Value(left, source=left), Value(right, source=right))
    frame = Frame("t.py", 3, "test_it", statement)
    failure = TestFailure("t.py::test_it", "call", "builtins.AssertionError", "", (), (frame,), compared)
    after = text
    for rules in sorters(Case(failure, {"t.py": text}, "3.11")):
        for rule in rules:
            after = rewrite_text(after, rule, WHOLE_FILE)
    assert after == (text.replace(statement, new) if new else text)


async def test_chance_is_named_and_not_healed(make_project: MakeProject, run_locally: RunLocally) -> None:
    """Its first run fails, and some of those with the same seed: no condition tells which."""
    tests = """
import os

def test_turns():
    with open(os.environ["SHOP_TURNS"], "ab", buffering=0) as turns:
        turns.write(b"x")
        number = turns.tell()
    if number == 1 or 9 <= number < 15:
        raise RuntimeError("not now")
"""
    project = make_project({"shop.py": SHOP, "test_shop.py": tests}, {}, has_base=False)
    turns = project.head.root.parent / "turns"
    turns.write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOP_TURNS", str(turns))
        report = await Engine(run_locally(project), check_change).heal(project)
    (found,) = report.tests
    assert found.verdict is Verdict.UNHEALED
    assert "passes and fails under the same conditions" in found.reason


class Counting:
    """A runner that remembers what it ran."""

    def __init__(self, runner: LocalRunner) -> None:
        self._runner = runner
        self.requests: list[RunRequest] = []

    async def run(self, request: RunRequest) -> RunResult:
        self.requests.append(request)
        return await self._runner.run(request)

    async def mutate(self, request: RunRequest) -> bytes | None:
        return await self._runner.mutate(request)


@pytest.mark.parametrize(
    ("check", "more"),
    [
        ("assert shop.rate('!') == 'EUR!'", 0),  # another strategy heals it
        ("raise RuntimeError", 1),  # nothing explains it: once more, alone
        ("__import__('os')._exit(3)", 0),  # the run ended in it, and may take as long to end again
    ],
    ids=["healed", "unexplained", "cut off"],
)
async def test_a_healing_without_flaky_tests_is_as_it_was(
    make_project: MakeProject, run_locally: RunLocally, check: str, more: int
) -> None:
    passing = "def test_names():\n    assert shop.NAMES\n"
    tests = f"import shop\n\n\n{passing}\n\ndef test_rate():\n    {check}\n"
    renamed = SHOP.replace("def rate(", "def exchange_rate(")
    project = make_project({"shop.py": SHOP, "tests/test_shop.py": tests}, {"shop.py": renamed})
    runner = Counting(run_locally(project))
    report = await Engine(runner, check_change).heal(project, policy=Policy(mutation_seconds=0))
    assert report.tests[0].verdict is (Verdict.HEALED if "rate" in check else Verdict.UNHEALED)
    assert sum(bool(request.conditions.order) for request in runner.requests) == more


def test_state_of_the_file_itself_is_put_back_by_its_module(make_project: MakeProject) -> None:
    """The guard takes it, for a name that something local may shadow stands nowhere in the edit."""
    tests = "LIMIT = 3\n\n\ndef test_z_polluter():\n    global LIMIT\n    LIMIT = 1\n    assert LIMIT == 1\n\n\ndef test_a_victim():\n    assert LIMIT == 3\n"
    project = make_project({"shop.py": SHOP, "tests/test_shop.py": tests}, {})
    change = StateChange("", "test_shop", "tests/test_shop.py", "module", (), "LIMIT", "module", "3", "1")
    failure = TestFailure(VICTIM, "call", "builtins.AssertionError", "")
    found = Dependence(failure, Kind.POLLUTED, Conditions((POLLUTER, VICTIM)), (POLLUTER,), (change,))
    bench = Workbench(project.head)
    case = Case(failure, bench.originals, "3.11", dependence=found)
    proposal = next(iter(FlakyStabilization().propose(case, ProductChange(project))))
    texts = bench.texts([Attempt.of(proposal, case)])
    assert 'monkeypatch.setattr(request.module, "LIMIT", request.module.LIMIT)' in texts["tests/test_shop.py"]
    assert weakenings(check_change, bench.originals, texts) == ()


def test_a_fixture_is_added_once_and_never_in_the_place_of_another() -> None:
    one, other = (
        AddFixture(
            "keep_limit", f"@pytest.fixture(autouse=True)\ndef keep_limit():\n    {does}\n", ("pytest",)
        )
        for does in ("yield 1", "yield 2")
    )
    text = "def test_it():\n    assert True\n"
    for rule in (one, other, one, other):
        text = rewrite_text(text, rule, WHOLE_FILE)
    assert [line for line in text.splitlines() if line.startswith("def ")] == [
        "def keep_limit_2():",
        "def keep_limit():",
        "def test_it():",
    ]


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_what_another_test_left_is_never_what_a_test_expects(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    """Base runs the failing tests alone: they pass there, as they would at head."""
    tests = (
        "import shop\n\n\ndef test_a_polluter():\n    shop.LIMIT = 5\n    assert shop.NAMES\n\n\n"
        "def test_b_victim():\n    assert shop.LIMIT == 3\n"
    )
    project = make_project({"shop.py": SHOP, "test_shop.py": tests}, {})
    report = await Engine(run_locally(project), check_change).heal(project, policy=Policy(verify_runs=1))
    (healed,) = report.tests
    assert (healed.verdict, healed.strategy) == (Verdict.HEALED, "flaky_stabilization")
    assert 'monkeypatch.setattr(shop, "LIMIT", shop.LIMIT)' in report.patch
