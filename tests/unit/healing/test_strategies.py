"""What strategies make of a failure and of what changed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from textwrap import dedent

import pytest

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.lazy import lazy_target
from maestro_healing.domain.diagnosis.symptoms import (
    BadArguments,
    Deprecated,
    UnexpectedKeyword,
    read_symptom,
)
from maestro_healing.domain.rewrite.folders import UseTemporaryFolder
from maestro_healing.domain.rewrite.parameters import AddParameters
from maestro_healing.domain.rewrite.rename import RenameSymbol
from maestro_healing.domain.rewrite.rule import AnyRule
from maestro_healing.domain.rewrite.warned import ExpectWarning
from maestro_healing.domain.runs import Frame, TestFailure
from maestro_healing.domain.strategies.api_contract_adaptation import ApiContractAdaptation
from maestro_healing.domain.strategies.strategy import Case

MakeChange = Callable[[str, str], ProductChange]
MakeProject = Callable[..., object]


def failed(type_: str, message: str, line: int = 1, file: str = "tests/test_shop.py") -> TestFailure:
    bases = {"DeprecationWarning": ("builtins.DeprecationWarning", "builtins.Warning")}
    mro = bases.get(type_, (f"builtins.{type_}",))
    return TestFailure(
        f"{file}::test_it", "call", f"builtins.{type_}", message, mro, (Frame(file, line, "test_it", ""),)
    )


def proposed(failure: TestFailure, change: ProductChange, texts: Mapping[str, str] = {}) -> list[AnyRule]:
    case = Case(failure, {failure.file: "", **{path: dedent(text) for path, text in texts.items()}}, "3.11")
    return [rule for proposal in ApiContractAdaptation().propose(case, change) for rule in proposal.rules]


@pytest.mark.parametrize(
    ("message", "symptom"),
    [
        (
            "assert not DeprecationWarning(\"'total' is deprecated.\")\n +  where ... = <Result>.exception",
            Deprecated("'total' is deprecated."),
        ),
        (
            "assert not TypeError(\"A.price() got an unexpected keyword argument 'vat'\")",
            UnexpectedKeyword("A.price", "vat"),
        ),
        ("assert not TypeError('price() takes 1 positional argument')", BadArguments("price")),
        ("assert not ValueError('no such thing')", None),
    ],
)
def test_an_exception_that_was_caught_is_read_as_if_it_had_risen(message: str, symptom: object) -> None:
    assert read_symptom(failed("AssertionError", message)) == symptom


LAZY = """
def _total(): ...

def __getattr__(name):
    if name == "total":
        warn("deprecated")
        return _total
    if name in {"Cart", "Line"}:
        return globals()[f"_{name}"]
    if name == "tax":
        from os import path
        return path
    raise AttributeError(name)

class _Cart: ...
"""


@pytest.mark.parametrize(
    ("name", "target"),
    [("total", "shop._total"), ("Cart", "shop._Cart"), ("Line", None), ("tax", None), ("other", None)],
)
def test_what_a_module_answers_when_asked(make_change: MakeChange, name: str, target: str | None) -> None:
    assert lazy_target(f"shop.{name}", make_change("", LAZY).head) == target


def test_a_package_answers_with_what_it_imports(make_project: MakeProject) -> None:
    init = "def __getattr__(name):\n    if name == 'total':\n        from .sums import _total\n        return _total\n"
    files = {"shop/__init__.py": init, "shop/sums.py": "def _total(): ...\n"}
    change = ProductChange(make_project(files, {}))  # type: ignore[arg-type]
    assert lazy_target("shop.total", change.head) == "shop.sums._total"


def test_a_deprecated_name_becomes_what_its_module_answers(make_change: MakeChange) -> None:
    change = make_change("def total(): ...\n", LAZY)
    failure = failed("DeprecationWarning", "'total' is deprecated and will be removed in 3.0.")
    assert RenameSymbol("shop.total", "shop._total") in proposed(failure, change)


OVERRIDE = """
import shop

def test_it():
    class Mine(shop.Price):
        def label(self, item): return "x"
    shop.show(Mine())
"""


@pytest.mark.parametrize(
    "message",
    [
        "test_it.<locals>.Mine.label() got an unexpected keyword argument 'context'",
        "test_it.<locals>.Mine.label() takes 2 positional arguments but 3 were given",
    ],
)
def test_an_override_takes_what_the_product_gives_it_now(make_change: MakeChange, message: str) -> None:
    change = make_change(
        "class Price:\n    def label(self, item): ...\n",
        "class Price:\n    def label(self, item, context): ...\n",
    )
    rules = proposed(failed("TypeError", message, 7), change, {"tests/test_shop.py": OVERRIDE})
    assert rules == [AddParameters("Mine", "label", ((2, "context"),), whole_file=False)]


def test_a_method_that_overrides_nothing_stays(make_change: MakeChange) -> None:
    change = make_change(
        "class Price:\n    def label(self, item): ...\n",
        "class Price:\n    def label(self, item, context): ...\n",
    )
    text = OVERRIDE.replace("shop.Price", "object")
    message = "test_it.<locals>.Mine.label() got an unexpected keyword argument 'context'"
    assert proposed(failed("TypeError", message, 7), change, {"tests/test_shop.py": text}) == []


def test_a_warning_may_ask_for_a_parameter(make_change: MakeChange) -> None:
    message = (
        "test_it.<locals>.Spec.hook is a method but its first parameter 'arg' is not 'self'. "
        "Add 'self' as the first parameter or use @staticmethod."
    )
    rules = proposed(failed("DeprecationWarning", message), make_change("", ""))
    assert rules == [AddParameters("Spec", "hook", ((0, "self"),), whole_file=False)]


def test_a_folder_of_the_products_gives_way_to_pythons(make_change: MakeChange) -> None:
    old = """
import os, tempfile
class Runner:
    def own_folder(self):
        os.chdir(tempfile.mkdtemp())
        yield
"""
    change = make_change(old, old)
    message = "'own_folder' is deprecated. Use 'tempfile.TemporaryDirectory' or pytest's 'tmp_path' instead."
    assert proposed(failed("DeprecationWarning", message), change) == [UseTemporaryFolder("own_folder")]
    still = make_change(old.replace("os.chdir", "print"), old)
    assert proposed(failed("DeprecationWarning", message), still) == []


OPENED = "def opened(path, cert=None):\n    return path\n"
WARNING = """
import warnings
def opened(path, cert=None):
    if cert:
        warnings.warn("`cert=...` is deprecated. Use a context.", DeprecationWarning)
    return path
"""


def warned(statement: str, base: str, make_change: MakeChange) -> list[AnyRule]:
    failure = failed("DeprecationWarning", "`cert=...` is deprecated. Use a context.", 5)
    product = Frame("shop.py", 5, "opened", "warnings.warn(")
    failure = replace(failure, frames=(*failure.frames, product))
    text = f"import shop\n\n\ndef test_it():\n    {statement}\n"
    return proposed(failure, make_change(base, WARNING), {"tests/test_shop.py": text})


def test_a_use_that_is_deprecated_since_base_is_expected_to_warn(make_change: MakeChange) -> None:
    statement = "assert shop.opened('a', cert='b') == 'a'"
    rule = ExpectWarning("test_it", statement, 1, "DeprecationWarning", "cert")
    assert warned(statement, OPENED, make_change) == [rule]
    opening = "with shop.opened('a', cert='b') as a: pass"
    rule = ExpectWarning("test_it", "shop.opened('a', cert='b')", 1, "DeprecationWarning", "cert")
    assert warned(opening, OPENED, make_change) == [rule]


def test_a_warning_stays_an_error_where_the_test_does_not_ask_for_it(make_change: MakeChange) -> None:
    """It does not use what is deprecated, or the product warned of it before and now does so wrongly."""
    assert warned("assert shop.opened('a') == 'a'", OPENED, make_change) == []
    assert warned("assert shop.opened('a', cert=0) == 'a'", WARNING, make_change) == []
