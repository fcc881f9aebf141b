"""Exceptions of another type, or with another message, than a test waits for."""

import ast
import re
from collections.abc import Iterator, Sequence

import libcst as cst

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.witnesses import Swap, raise_support
from maestro_healing.domain.model import Evidence
from maestro_healing.domain.rewrite.literals.strings import evaluated, quoted
from maestro_healing.domain.rewrite.literals.values import replaced
from maestro_healing.domain.rewrite.located import walk
from maestro_healing.domain.rewrite.references import terminal
from maestro_healing.domain.strategies.expectations import fragments
from maestro_healing.domain.strategies.expectations.edits import Edit
from maestro_healing.domain.strategies.expectations.scene import Scene, View
from maestro_healing.domain.strategies.expectations.tracing import Place, Tracer

Found = tuple[Sequence[Edit], Sequence[Evidence]]
_WAITS = ("raises", "assertRaises", "assertRaisesRegex", "warns", "assertWarns", "assertWarnsRegex")
_LITERAL = r"""(?P<{}>[rb]?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))"""
_MISMATCHES = tuple(
    re.compile(pattern.format(_LITERAL.format("regex"), _LITERAL.format("message")))
    for pattern in (
        r"Regex: {}\s+Input: {}",
        r"Expected regex: {}\s+Actual message: {}",
        r"Regex pattern {} does not match {}",
        r"Pattern {} does not match {}",
    )
)
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


def changed_type(scene: Scene, change: ProductChange) -> Iterator[Found]:
    """A raise that the product made on purpose, where the test waits for another type."""
    failure = scene.failure
    kind = failure.type_as
    if failure.is_a("AssertionError") or kind is None or not kind.source or not failure.frames:
        return
    raised_at = failure.frames[-1]
    if not raised_at.source.startswith("raise ") or raised_at.file in scene.case.texts:
        return
    for view, call in _waits(scene):
        node = _first_argument(call)
        place = Tracer(scene).trace(node, call, view) if node is not None else None
        if place is None or not isinstance(place.node, cst.Name | cst.Attribute):
            return
        old = terminal(place.node)
        if old and old != failure.short_type and not failure.type.startswith("_pytest."):
            new = cst.parse_expression(kind.source)
            edit = Edit(place, new, [Swap(old, failure.short_type)], kind.imports)
            yield [edit], raise_support(old, failure.short_type, failure.frames, change)
        return


def changed_message(scene: Scene) -> Iterator[Sequence[Edit]]:
    """A message that the pattern of `match` does not find any more."""
    mismatch = _mismatch(scene.failure.message)
    if mismatch is None:
        return
    pattern, message = mismatch
    for view, call in _waits(scene):
        node = _pattern_argument(call)
        place = Tracer(scene).trace(node, call, view) if node is not None else None
        if place is not None:
            yield from _matching(place, pattern, message)
            return


def _matching(place: Place, pattern: str, message: str) -> Iterator[Sequence[Edit]]:
    """The literal for the part of the message that took the place of what the pattern spelled out."""
    node = place.node
    inner = node
    if isinstance(node, cst.Call) and terminal(node.func) == "escape" and len(node.args) == 1:
        inner = node.args[0].value
    if not isinstance(inner, cst.SimpleString):
        return
    is_escaped = inner is not node
    start, body, end = _anchored(evaluated_text(inner) if is_escaped else pattern)
    plain = body if is_escaped else _unescaped(body)
    if plain is None:
        return
    whole = message.strip().partition("\n")[0]
    found = whole if (start and end) else next(fragments.successors(plain, message), whole)
    if not found or found == plain:
        return
    text = found if is_escaped else start + _SPECIAL.sub(r"\\\g<0>", found) + end
    made = inner.with_changes(value=quoted(text, inner))
    yield [Edit(place, replaced(node, inner, made), [Swap(repr(plain), repr(found))])]


def evaluated_text(node: cst.SimpleString) -> str:
    """A literal's text."""
    value = evaluated(node)
    return value if isinstance(value, str) else ""


def _anchored(pattern: str) -> tuple[str, str, str]:
    start = "^" if pattern.startswith("^") else ""
    end = "$" if pattern.endswith("$") and not pattern.endswith("\\$") else ""
    return start, pattern[len(start) : len(pattern) - len(end)], end


def _unescaped(pattern: str) -> str | None:
    """What a pattern spells out; None where it is more than a text (a lone dot is one)."""
    plain = re.sub(r"\\(\W)", "", pattern)
    if re.search(r"\\\w|[*+?{}\[\]|()^$]", plain):
        return None
    return re.sub(r"\\(\W)", r"\1", pattern)


def _mismatch(message: str) -> tuple[str, str] | None:
    for pattern in _MISMATCHES:
        found = pattern.search(message)
        if found is not None:
            regex, text = (ast.literal_eval(found[name]) for name in ("regex", "message"))
            if isinstance(regex, str) and isinstance(text, str):
                return regex, text
    return None


def _waits(scene: Scene) -> Iterator[tuple[View, cst.Call]]:
    """Calls of `raises` and its like around the line at work, the innermost first."""
    for view in scene.views:
        for statement in reversed(view.path):
            if isinstance(statement, cst.With):
                for item in reversed(statement.items):
                    if isinstance(item.item, cst.Call) and terminal(item.item.func) in _WAITS:
                        yield view, item.item
            elif isinstance(statement, cst.SimpleStatementLine):
                for node in walk(statement):
                    if isinstance(node, cst.Call) and terminal(node.func) in _WAITS:
                        yield view, node


def _first_argument(call: cst.Call) -> cst.BaseExpression | None:
    for argument in call.args:
        if argument.keyword is None or argument.keyword.value in ("expected_exception", "exception"):
            return argument.value
    return None


def _pattern_argument(call: cst.Call) -> cst.BaseExpression | None:
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value in ("match", "expected_regex"):
            return argument.value
    is_unittest = terminal(call.func).endswith("Regex")
    return call.args[1].value if is_unittest and len(call.args) > 1 else None
