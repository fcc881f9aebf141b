"""What a condition comes to whatever the product does."""

import ast
import re
from collections.abc import Mapping

from maestro_healing.domain.guard.canonical import canonical
from maestro_healing.domain.guard.source import last_name

# A mock makes up what it is asked for, and that is true.
_MISSPELT = {
    "called_once_with", "called_with", "called_once", "has_calls", "any_call", "not_called", "awaited_with",
    "awaited_once_with", "awaited_once", "has_awaits", "any_await", "not_awaited",
}  # fmt: skip


def constant_truth(node: ast.expr, known: Mapping[str, ast.expr]) -> bool | None:
    """True or False where the condition cannot come out otherwise, else None.

    `known` maps names that never change to their values.
    """
    match node:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id=name) if name in known and isinstance(known[name], ast.Constant):
            return constant_truth(known[name], known)
        case ast.Lambda() | ast.GeneratorExp():
            return True
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return None if items and all(isinstance(i, ast.Starred) for i in items) else bool(items)
        case ast.Dict(keys=keys):
            return None if keys and all(k is None for k in keys) else bool(keys)
        case ast.JoinedStr(values=values):
            return True if any(isinstance(v, ast.Constant) and v.value for v in values) else None
        case ast.NamedExpr(value=value):
            return constant_truth(value, known)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = constant_truth(operand, known)
            return None if inner is None else not inner
        case ast.BoolOp():
            return _bool_op(node, known)
        case ast.IfExp():
            return _if_exp(node, known)
        case ast.Compare():
            return _compare(node, known)
        case ast.Attribute(attr=name) if name.startswith("assert_"):
            return True  # the method of a mock, and nobody calls it
        case ast.Call(func=ast.Attribute(attr=name)) if name in _MISSPELT:
            return True
        case ast.Call():
            return _call(node, known)
        case _:
            return None


def _bool_op(node: ast.BoolOp, known: Mapping[str, ast.expr]) -> bool | None:
    parts = [constant_truth(v, known) for v in node.values]
    decisive = isinstance(node.op, ast.Or)
    if decisive in parts:
        return decisive
    if decisive and _complementary(node):
        return True
    return None if None in parts else not decisive


def _complementary(node: ast.BoolOp) -> bool:
    """`x or not x`."""
    plain = {ast.dump(v) for v in node.values}
    return any(
        isinstance(v, ast.UnaryOp) and isinstance(v.op, ast.Not) and ast.dump(v.operand) in plain
        for v in node.values
    )


def _if_exp(node: ast.IfExp, known: Mapping[str, ast.expr]) -> bool | None:
    test = constant_truth(node.test, known)
    body, other = constant_truth(node.body, known), constant_truth(node.orelse, known)
    if test is not None:
        return body if test else other
    return body if body == other else None


def _compare(node: ast.Compare, known: Mapping[str, ast.expr]) -> bool | None:
    if len(node.ops) != 1:
        return None
    op, left, right = node.ops[0], node.left, node.comparators[0]
    lv, rv = _value(left, known), _value(right, known)
    if lv is not None and rv is not None:
        return _evaluate(op, lv[0], rv[0])
    if canonical(left, {}) == canonical(right, {}) and not has_call(left):
        return isinstance(op, ast.Eq | ast.Is | ast.LtE | ast.GtE)
    if isinstance(left, ast.Call) and last_name(left) == "len" and rv is not None:
        never_below = (isinstance(op, ast.GtE) and rv[0] == 0) or (isinstance(op, ast.Gt) and rv[0] == -1)
        return True if never_below else None
    if isinstance(op, ast.In) and isinstance(right, ast.List | ast.Tuple | ast.Set) and not has_call(left):
        return True if canonical(left, {}) in [canonical(e, {}) for e in right.elts] else None
    if isinstance(op, ast.IsNot) and rv == (None,):
        return True if isinstance(left, ast.List | ast.Dict | ast.Set | ast.Tuple | ast.JoinedStr) else None
    return None


def _value(node: ast.expr, known: Mapping[str, ast.expr]) -> tuple[object] | None:
    if isinstance(node, ast.Name) and isinstance(known.get(node.id), ast.Constant):
        node = known[node.id]
    try:
        return (ast.literal_eval(node),)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _evaluate(op: ast.cmpop, left: object, right: object) -> bool | None:
    match op:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Is():
            return left is right or left == right
        case ast.IsNot():
            return left != right
    if isinstance(left, int | float) and isinstance(right, int | float):
        orders = {ast.Lt: left < right, ast.LtE: left <= right, ast.Gt: left > right, ast.GtE: left >= right}
        return orders.get(type(op))
    if isinstance(right, list | tuple | set | dict) and isinstance(op, ast.In | ast.NotIn):
        return (left in list(right)) is isinstance(op, ast.In)
    return None


def _call(node: ast.Call, known: Mapping[str, ast.expr]) -> bool | None:
    name = last_name(node.func)
    if not isinstance(node.func, ast.Name):
        return None
    if name in ("isinstance", "issubclass") and len(node.args) == 2:
        kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
        return True if any(last_name(k) == "object" for k in kinds) else None
    if name == "bool" and len(node.args) == 1:
        return constant_truth(node.args[0], known)
    if name in ("any", "all") and len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple):
        joined = ast.BoolOp(ast.Or() if name == "any" else ast.And(), list(node.args[0].elts))
        return name == "all" if not joined.values else _bool_op(joined, known)
    return None


def has_call(node: ast.AST) -> bool:
    """Whether evaluating the expression calls or awaits something."""
    return any(isinstance(n, ast.Call | ast.Await | ast.Yield | ast.YieldFrom) for n in ast.walk(node))


def matches_anything(pattern: str) -> bool:
    """Whether a regular expression finds something in every text, as far as an empty and an odd one tell."""
    try:
        return all(re.search(pattern, probe) is not None for probe in ("", "\x00")) or pattern in (
            ".",
            ".+",
            r"\w",
            r"\w+",
        )
    except re.error:
        return False
