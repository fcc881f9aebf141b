"""The driver that a job carries, run as the job runs it: what each test does to each mutant."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.mutation.answers import Answer, Outcome, Plan, Tried, read_answers
from maestro_healing.domain.mutation.lines import Place
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.sources import FolderTree
from maestro_healing.mutants.choice import Program

PRODUCT = """
    LIMIT = 5
    NAMES = {"a": "apple"}


    def twice(function):
        def wrapper(value):
            return function(value) * 2
        return wrapper


    @twice
    def double(value):
        return value + 0


    class Basket:
        unit = "kg"

        def __init__(self, items=(), *, rate=2):
            self.items = list(items)
            self.rate = rate

        def total(self):
            if len(self.items) > LIMIT:
                raise ValueError("too many")
            return sum(i * self.rate for i in self.items)

        def label(self):
            assert self.unit, "no unit"
            return self.unit


    def count(n):
        i = 0
        while i < n:
            i = i + 1
        return i


    def never():
        return 1
"""
TESTS = """
    import pytest
    import shop


    def test_total():
        assert shop.Basket([1, 2]).total() == 6


    def test_total_weak():
        shop.Basket([1, 2]).total()


    def test_too_many():
        with pytest.raises(ValueError, match="^too many$"):
            shop.Basket(range(6)).total()


    def test_double():
        assert shop.double(2) == 4


    def test_label():
        assert shop.Basket().label() == "kg"


    def test_count():
        assert shop.count(2) == 2


    def test_late():
        import late
        assert late.answer() == 42


    def test_skipped():
        pytest.skip("not today")


    def test_fails():
        assert shop.count(1) == 2
"""
FILES = {"shop.py": PRODUCT, "late.py": "def answer():\n    return 42\n", "tests/test_shop.py": TESTS}


def test_id(name: str) -> str:
    return f"tests/test_shop.py::{name}"


test_id.__test__ = False  # type: ignore[attr-defined]


def try_out(folder: Path, plan: Plan) -> dict[str, Answer]:
    runner = LocalRunner({Side.HEAD: FolderTree(folder)}, sys.executable)
    request = RunRequest(Side.HEAD, {}, (), ("-q",), 300.0, plan.encode())
    return read_answers(asyncio.run(runner.mutate(request)))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(dedent(text))
    return folder


@pytest.fixture(scope="module")
def answers(project: Path) -> Mapping[str, Answer]:
    """All mutants of all lines that each test runs."""
    names = [line.split()[1].split("(")[0] for line in dedent(TESTS).split("\n") if line.startswith("def ")]
    plan = Plan({name: [test_id(name)] for name in names}, ["shop.py", "late.py"], 60.0)
    return try_out(project, plan)


def outcomes(answer: Answer) -> dict[tuple[str, str], Outcome]:
    """By the line and what stands in it instead."""
    return {(tried.line, tried.place.text): tried.outcome for tried in answer.tried}


RETURN = "return sum(i * self.rate for i in self.items)"


@pytest.mark.parametrize(
    ("test", "line", "text", "outcome"),
    [
        ("test_total", RETURN, "None", "assertion"),
        ("test_total", RETURN, "/", "assertion"),
        ("test_total", "self.items = list(items)", "pass", "crash"),
        ("test_total", "if len(self.items) > LIMIT:", ">=", "survived"),
        ("test_total_weak", RETURN, "None", "survived"),
        ("test_total_weak", "self.items = list(items)", "pass", "crash"),
        ("test_too_many", 'raise ValueError("too many")', "pass", "assertion"),
        ("test_too_many", 'raise ValueError("too many")', "XX", "assertion"),
        ("test_count", "i = i + 1", "-", "timeout"),
        ("test_count", "while i < n:", "<=", "assertion"),
    ],
)
def test_what_a_test_does_to_a_mutant(
    answers: Mapping[str, Answer], test: str, line: str, text: str, outcome: str
) -> None:
    assert outcomes(answers[test])[line, text] == outcome


def test_a_default_a_name_of_the_module_and_one_of_a_class_are_mutated(answers: Mapping[str, Answer]) -> None:
    assert outcomes(answers["test_total"])["def __init__(self, items=(), *, rate=2):", "3"] == "assertion"
    assert outcomes(answers["test_too_many"])["LIMIT = 5", "6"] == "assertion"
    assert outcomes(answers["test_label"])['unit = "kg"', "XX"] == "assertion"


def test_functions_that_a_decorator_made_are_mutated(answers: Mapping[str, Answer]) -> None:
    found = outcomes(answers["test_double"])
    assert found["return function(value) * 2", "/"] == "assertion"
    assert found["return value + 0", "1"] == "assertion"


def test_a_module_that_the_test_itself_imports_is_mutated(answers: Mapping[str, Answer]) -> None:
    assert outcomes(answers["test_late"]) == {
        ("return 42", "43"): "assertion",
        ("return 42", "None"): "assertion",
    }


def test_an_assertion_of_the_product_is_a_crash(answers: Mapping[str, Answer]) -> None:
    assert outcomes(answers["test_label"])['assert self.unit, "no unit"', "not (self.unit)"] == "crash"


def test_only_lines_that_run_are_mutated(answers: Mapping[str, Answer]) -> None:
    assert all(tried.line != "return 1" for answer in answers.values() for tried in answer.tried)
    assert all("len(" not in tried.line for tried in answers["test_count"].tried)


def test_a_test_that_does_not_pass_is_not_tried(answers: Mapping[str, Answer]) -> None:
    for name in ("test_skipped", "test_fails"):
        assert (answers[name].passed, list(answers[name].tried), answers[name].late) == (0, [], False)


def test_a_sample_is_the_same_each_time_and_shared(project: Path) -> None:
    units = {name: [test_id(name)] for name in ("test_total", "test_total_weak")}
    plan = Plan(units, ["shop.py"], 60.0, sample=5)
    first, second = try_out(project, plan), try_out(project, plan)
    assert [len(first[unit].tried) for unit in units] == [5, 5]
    assert {t.place for t in first["test_total"].tried} == {t.place for t in second["test_total_weak"].tried}


def test_only_the_lines_given_and_the_mutants_wanted(project: Path) -> None:
    source = (project / "shop.py").read_text().split("\n")
    line = source.index("        self.rate = rate") + 1
    unit = {"u": [test_id("test_total")]}
    found = try_out(project, Plan(unit, ["shop.py"], 60.0, lines={"shop.py": [(line, line)]}))["u"]
    assert [tried.line for tried in found.tried] == ["self.rate = rate"]
    never = source.index("    return 1") + 1
    unreached = Place("shop.py", (never, 11), (never, 12), "2")
    wanted = {"u": [found.tried[0].place, unreached]}
    again = try_out(project, Plan(unit, ["shop.py"], 60.0, wanted=wanted))["u"]
    assert {t.place: t.outcome for t in again.tried} == {
        found.tried[0].place: Outcome.CRASH,
        unreached: Outcome.UNCOVERED,
    }


def test_a_unit_of_several_tests_kills_what_one_of_them_kills(project: Path) -> None:
    unit = {"u": [test_id("test_total_weak"), test_id("test_total"), test_id("test_gone")]}
    answer = try_out(project, Plan(unit, ["shop.py"], 60.0))["u"]
    assert answer.passed == 2
    assert outcomes(answer)[RETURN, "/"] == "assertion"


def test_a_function_stands_for_its_cases(project: Path) -> None:
    cases = project / "tests" / "test_cases.py"
    cases.write_text(
        "import pytest\nimport shop\n\n\n"
        "@pytest.mark.parametrize('n', [0, 2])\ndef test_count(n):\n    assert shop.count(n) == n\n"
    )
    answer = try_out(project, Plan({"u": ["tests/test_cases.py::test_count"]}, ["shop.py"], 60.0))["u"]
    assert answer.passed == 2
    assert outcomes(answer)["while i < n:", "<="] == "assertion"


def test_time_that_runs_out_is_told(project: Path) -> None:
    units = {name: [test_id(name)] for name in ("test_total", "test_count")}
    answers = try_out(project, Plan(units, ["shop.py"], 0.0))
    assert all(answer.late for answer in answers.values())


def test_a_line_cut_off_by_a_kill_is_left_out() -> None:
    unit = json.dumps({"kind": "unit", "unit": "u", "tests": 1, "passed": 1, "late": 0, "lines": 3})
    planned = json.dumps({"kind": "planned", "unit": "u", "mutants": 2})
    mutant = {"kind": "mutant", "unit": "u", "place": ["a.py", [1, 0], [1, 1], "x"], "outcome": "survived"}
    document = "\n".join([unit, planned, json.dumps(mutant), json.dumps(mutant)[:-5]]).encode()
    tried = Tried(Place("a.py", (1, 0), (1, 1), "x"), Outcome.SURVIVED)
    assert read_answers(document) == {"u": Answer(1, [tried], late=True, lines=3)}
    assert read_answers(None) == {}


def test_many_tests_of_much_code_are_sampled_in_no_time(tmp_path: Path) -> None:
    product = tmp_path / "big.py"
    product.write_text("".join(f"def f{n}(a):\n    return a + {n} * {n}\n" for n in range(2000)))
    covered = {f"test_{unit}": {"big.py": set(range(1, 4001))} for unit in range(200)}
    program = Program({"big.py": str(product)}, covered)
    started = time.process_time()
    chosen = program.sample(60, None)
    assert len(chosen) == 60
    assert all(len(one.units) == 200 for one in chosen)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("document", [b"[]", b"3\n", b'{"kind": "mutant"}', b"{}\n{}", b'"x"', b"\xff"])
def test_what_something_else_wrote_is_no_answer(document: bytes) -> None:
    assert read_answers(document) == {}
