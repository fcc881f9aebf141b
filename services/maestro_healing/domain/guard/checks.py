"""Makes checks out of assertions, assertion calls and `raises` blocks."""

import ast
import builtins
import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from maestro_healing.domain.guard.facts import Check, Context, Expected
from maestro_healing.domain.guard.relations import (
    Relation,
    call_demands,
    demands,
    exact_key,
    is_literal,
    number,
    strength,
)
from maestro_healing.domain.guard.scope import Scope
from maestro_healing.domain.guard.source import last_name
from maestro_healing.domain.guard.truth import constant_truth, matches_anything

RAISES = {
    "raises": "raises", "assertraises": "raises", "assertraisesregex": "raises",
    "assertraisesregexp": "raises", "raisesgroup": "raises", "warns": "warns", "assertwarns": "warns",
    "assertwarnsregex": "warns", "deprecatedcall": "warns", "assertlogs": "logs",
}  # fmt: skip
_CHECK_CALL = re.compile(r"^_?(assert|check|expect|verify|validate)(?![a-z])|^_?assert", re.IGNORECASE)
_MOCK_CALLS = {
    "assert_called_once_with": 6.0, "assert_awaited_once_with": 6.0, "assert_not_called": 6.0,
    "assert_not_awaited": 6.0, "assert_called_with": 5.0, "assert_awaited_with": 5.0, "assert_has_calls": 5.0,
    "assert_any_call": 4.0, "assert_any_await": 4.0, "assert_called_once": 2.0, "assert_awaited_once": 2.0,
    "assert_called": 1.0, "assert_awaited": 1.0,
}  # fmt: skip
_COMPARISONS: dict[str, ast.cmpop] = {
    "==": ast.Eq(), "!=": ast.NotEq(), "is": ast.Is(), "is not": ast.IsNot(), "in": ast.In(),
    "not in": ast.NotIn(), "<": ast.Lt(), "<=": ast.LtE(), ">": ast.Gt(), ">=": ast.GtE(),
}  # fmt: skip
_TEXT = 160


def shown(node: ast.AST) -> str:
    """Source text of a node on one line, shortened."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


def _inevitable(relation: Relation, scope: Scope) -> bool:
    """Whether the relation holds whatever the product does."""
    subject, expected = relation.subject, relation.expected
    match relation.op:
        case "truthy" | "or":
            return constant_truth(subject, scope.known) is True
        case "falsy":
            return constant_truth(subject, scope.known) is False
        case "isinstance" if expected is not None:
            call = ast.Call(ast.Name("isinstance", ast.Load()), [subject, expected], [])
            return is_literal(subject, {}) or constant_truth(call, scope.known) is True
        case "matches" if isinstance(expected, ast.Constant) and isinstance(expected.value, str):
            return matches_anything(expected.value)
        case "contains" if expected is not None:
            return constant_truth(ast.Compare(expected, [ast.In()], [subject]), scope.known) is True
        case "approx" | "same_items" if expected is not None:
            return constant_truth(ast.Compare(subject, [ast.Eq()], [expected]), scope.known) is True
        case op if op in _COMPARISONS and expected is not None:
            return constant_truth(ast.Compare(subject, [_COMPARISONS[op]], [expected]), scope.known) is True
    return False


def _is_own(text: str, scope: Scope) -> bool:
    """Whether a canonical expression reads nothing but literals and Python's own names."""
    names = _names(text)
    own = names is not None and all(hasattr(builtins, name) for name in names)
    return own and scope.foreign.isdisjoint(names or ())


@lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[str] | None:
    """The names that an expression reads; None where it can't be told."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _of_relation(relation: Relation, node: ast.AST, scope: Scope, context: Context) -> Check:
    subject, expected = scope.write(relation.subject), scope.write(relation.expected)
    value = number(relation.expected, scope.known)
    return Check(
        op=relation.op,
        key=exact_key(relation, scope.write),
        subject=subject,
        expected=expected,
        text=shown(node),
        strength=strength(relation),
        place=scope.place(node),
        context=context,
        relation=relation,
        hollow="is always true" if _inevitable(relation, scope) else "",
        written=ast.unparse(relation.subject),
        self_made=all(_is_own(side, scope) for side in (subject, expected)),
        literal=relation.expected is not None and is_literal(relation.expected, scope.known),
        value=None if math.isnan(value) else value,
    )


def of_assert(node: ast.Assert, scope: Scope, context: Context) -> Iterator[Check]:
    """Checks of an `assert` statement."""
    for relation in demands(node.test, scope.known):
        yield _of_relation(relation, node, scope, context)


def of_call(call: ast.Call, scope: Scope, context: Context) -> Iterator[Check]:
    """Checks of an assertion function called as a statement."""
    name = last_name(call.func)
    relations = call_demands(call, scope.known)
    if relations is not None:
        for relation in relations:
            yield _of_relation(relation, call, scope, context)
    elif name in _MOCK_CALLS and isinstance(call.func, ast.Attribute):
        arguments = ", ".join(
            [*map(scope.write, call.args), *sorted(f"{k.arg}={scope.write(k.value)}" for k in call.keywords)]
        )
        yield _plain(
            "called",
            scope.write(call.func.value),
            f"{name}({arguments})",
            call,
            scope,
            context,
            _MOCK_CALLS[name],
        )
    elif _CHECK_CALL.match(name):
        arguments = ", ".join(map(scope.write, call.args))
        yield _plain(f"call {name}", arguments, scope.write(call), call, scope, context, 4.0)
    elif name == "fail":
        yield _plain("fail", "", scope.write(call), call, scope, context, 0.0)


def of_raised(raised: ast.expr, scope: Scope, context: Context) -> Check:
    """The check that `raise AssertionError` is, under the conditions that it stands in."""
    return _plain("fail", "", scope.write(raised), raised, scope, context, 0.0)


def _plain(
    op: str, subject: str, expected: str, node: ast.AST, scope: Scope, context: Context, weight: float
) -> Check:
    return Check(
        op, f"{op}|{subject}|{expected}", subject, expected, shown(node), weight, scope.place(node), context,
    )  # fmt: skip


def raises_op(call: ast.expr) -> str:
    """`raises`, `warns` or `logs` for a call that demands an exception, warning or log entry, else empty."""
    return RAISES.get(last_name(call).replace("_", "").lower(), "") if isinstance(call, ast.Call) else ""


def of_raises(call: ast.Call, body: Sequence[ast.AST], scope: Scope, context: Context) -> Check:
    """The check of a `raises` or `warns`, whether it is a block or a call that takes a callable."""
    op = raises_op(call)
    name = last_name(call).replace("_", "").lower()
    given = {k.arg: k.value for k in call.keywords}
    wanted = call.args[0] if call.args else given.get("expected_exception", given.get("expected_warning"))
    kinds = (
        wanted.elts if isinstance(wanted, ast.Tuple | ast.List) else [wanted] if wanted is not None else []
    )
    if (
        len(kinds) == 1
        and isinstance(kinds[0], ast.Name)
        and isinstance(scope.known.get(kinds[0].id), ast.Tuple)
    ):
        resolved = scope.known[kinds[0].id]
        kinds = resolved.elts if isinstance(resolved, ast.Tuple) else kinds
    types = frozenset(scope.write(k).rsplit(".", 1)[-1] for k in kinds) or frozenset({f"any {op}"})
    pattern = given.get("match", given.get("expected_regex"))
    if pattern is None and "regex" in name and len(call.args) > 1:
        pattern = call.args[1]
    literal = _literal(pattern, scope)
    subject = "; ".join(scope.write(s) for s in body)
    expected = ", ".join(sorted(types)) + (f" match {scope.write(pattern)}" if pattern is not None else "")
    return Check(
        op=op,
        key=f"{op}|{subject}|{expected}",
        subject=subject,
        expected=expected,
        text=shown(call),
        strength=6.0,
        place=scope.place(call),
        context=context,
        exceptions=Expected(types, None if pattern is None else scope.write(pattern), literal),
    )


def _literal(pattern: ast.expr | None, scope: Scope) -> str | None:
    if isinstance(pattern, ast.Call) and last_name(pattern) in ("escape", "compile") and pattern.args:
        pattern = pattern.args[0]
    if isinstance(pattern, ast.Name):
        pattern = scope.known.get(pattern.id)
    return pattern.value if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str) else None
