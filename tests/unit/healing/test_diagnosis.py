"""What failures, messages and definitions say."""

from collections.abc import Callable

import pytest

from maestro_healing.domain.calibration import Calibration, judge
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.hints import Hint, Template, read_hints
from maestro_healing.domain.diagnosis.meaning import Expression, Imported, meaning_in_module
from maestro_healing.domain.diagnosis.replacement import replacements
from maestro_healing.domain.diagnosis.signatures import signature_change
from maestro_healing.domain.diagnosis.stdlib import stdlib_replacement
from maestro_healing.domain.model import EvidenceKind, Policy, Verdict
from maestro_healing.domain.rewrite.inline import InlineFunction
from maestro_healing.domain.rewrite.rename import RenameSymbol

MakeChange = Callable[[str, str], ProductChange]


@pytest.mark.parametrize(
    ("message", "first"),
    [
        (
            "'resultcallback' has been renamed to 'result_callback'. The old name will be removed in 8.1.",
            Hint("resultcallback", "result_callback"),
        ),
        ("late_fee() is deprecated, use fee_for() instead", Hint("late_fee", "fee_for")),
        ("`mode=<str>` is deprecated.", Hint("mode")),
        (
            "'flask.Markup' is deprecated and will be removed. Import 'markupsafe.Markup' instead.",
            Hint("flask.Markup", "markupsafe.Markup"),
        ),
        (
            "The 'proxies' argument is now deprecated. Use 'proxy' or 'mounts' instead.",
            Hint("proxies", "proxy"),
        ),
        (
            "The 'app' shortcut is now deprecated. "
            "Use the explicit style 'transport=ASGITransport(app=...)' instead.",
            Hint("app", "", Template("transport", "ASGITransport(app=...)", "ASGITransport")),
        ),
    ],
)
def test_a_warning_names_its_replacement(message: str, first: Hint) -> None:
    assert read_hints(message)[0] == first


def test_constants_are_read_as_python_3_runs_them() -> None:
    text = """
import sys
PY2 = sys.version_info[0] == 2
if PY2:
    text_type = unicode
    from StringIO import StringIO
else:
    text_type = str
    from io import StringIO
"""
    assert meaning_in_module(text, "text_type") == Expression("str")
    assert meaning_in_module(text, "StringIO") == Imported("io.StringIO")
    assert meaning_in_module(text, "PY2") == Expression("sys.version_info[0] == 2", (), ("sys",))
    assert meaning_in_module("import os\nHERE = __file__ + other\n", "HERE") is None


def test_a_renamed_function_is_found_by_its_body(make_change: MakeChange) -> None:
    loop = "    for item in items:\n        total += item.price * item.count\n"
    body = f"(items):\n    total = 0\n{loop}    return total\n"
    change = make_change(
        f"def total{body}", f"def subtotal{body}\n\ndef other(items):\n    return items[0]\n"
    )
    first = next(replacements("shop.total", change))
    assert first.rule == RenameSymbol("shop.total", "shop.subtotal")
    kinds = {evidence.kind for evidence in first.evidence}
    assert {EvidenceKind.API_REMOVED, EvidenceKind.SAME_BODY, EvidenceKind.SAME_SIGNATURE} <= kinds


def test_a_removed_one_liner_is_written_out(make_change: MakeChange) -> None:
    change = make_change("def seconds(delta):\n    return delta.total_seconds()\n", "x = 1\n")
    assert next(replacements("shop.seconds", change)).rule == InlineFunction(
        "shop.seconds", ("delta",), "delta.total_seconds()"
    )


@pytest.mark.parametrize("body", ["return sum(prices)", "return round(sum(prices) * (1 + rate), 2)"])
def test_a_renamed_one_liner_is_not_written_out(make_change: MakeChange, body: str) -> None:
    """That would leave nothing of the product to test."""
    old = f"def total(prices, rate):\n    {body}\n"
    rules = [one.rule for one in replacements("shop.total", make_change(old, old.replace("total", "gross")))]
    assert rules[0] == RenameSymbol("shop.total", "shop.gross")
    assert len(rules) == len(set(rules))


def test_parts_that_are_no_expressions_by_themselves_are_no_swap(make_change: MakeChange) -> None:
    old = "import os\n\n\ndef f(x, xs):\n    return x[os.sep], print(os.sep)\n"
    change = make_change(old, old.replace("x[os.sep]", "x[1:]").replace("(os.sep)", "(*xs)"))
    assert list(change.expression_swaps) == []


def test_what_never_stood_has_no_replacement(make_change: MakeChange) -> None:
    assert list(replacements("shop.never", make_change("x = 1\n", "y = 1\n"))) == []


def test_a_changed_signature_is_found_by_the_name_in_the_message(make_change: MakeChange) -> None:
    old = "class Cart:\n    def __init__(self, owner, limit=3):\n        pass\n"
    change = signature_change("Cart.__init__", make_change(old, old.replace("limit", "at_most")))
    assert change is not None
    assert ([p.name for p in change.removed], [p.name for p in change.added]) == (["limit"], ["at_most"])
    assert change.callee == "Cart"


def test_python_itself_dropped_names() -> None:
    found = stdlib_replacement("collections.Mapping", "3.11.7")
    assert found is not None
    assert found.rule == RenameSymbol("collections.Mapping", "collections.abc.Mapping")
    assert stdlib_replacement("collections.Mapping", "3.9.1") is None
    assert stdlib_replacement("collections.OrderedDict", "3.11.7") is None


@pytest.mark.parametrize(
    ("confidence", "has_base", "expected"),
    [
        (0.90, True, (Verdict.HEALED, False)),
        (0.89, True, (Verdict.HEALED, True)),
        (0.99, False, (Verdict.PROPOSED, True)),
        (0.74, True, (Verdict.PROPOSED, True)),
        (0.59, True, (Verdict.UNHEALED, False)),
    ],
)
def test_confidence_maps_to_verdicts(
    confidence: float, has_base: bool, expected: tuple[Verdict, bool]
) -> None:
    assert judge(confidence, Policy(), has_base) == expected


def test_evidence_counts_once_and_may_speak_against() -> None:
    calibration = Calibration()
    seen = [EvidenceKind.VERIFIED, EvidenceKind.API_REMOVED, EvidenceKind.SAME_BODY]
    alone = calibration.confidence(seen)
    assert calibration.confidence([*seen, *seen]) == alone
    assert calibration.confidence([*seen, EvidenceKind.RIVAL_CANDIDATE]) < alone
