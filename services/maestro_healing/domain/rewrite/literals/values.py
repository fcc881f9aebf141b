"""Values as syntax trees of plain expressions, and which expressions of a test state one."""

import ast
from collections.abc import Sequence
from typing import cast

import libcst as cst

from maestro_healing.domain.rewrite.references import dotted, terminal

OPAQUE = "_opaque_"
_CALCULATION = (
    ast.Expression, ast.Constant, ast.UnaryOp, ast.USub, ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.Div, ast.FloorDiv, ast.Mod,
)  # fmt: skip
_CONSTANTS = ("True", "False", "None", "Ellipsis")


def read_value(source: str) -> ast.expr | None:
    """The tree of a value's expression; None where there is none."""
    try:
        return ast.parse(source, mode="eval").body if source else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def tree_of(code: str) -> ast.expr | None:
    """The syntax tree of an expression's code, which may go over lines; None where it does not parse."""
    return read_value(f"({code}\n)")


def same(one: ast.AST, other: ast.AST) -> bool:
    """Whether two values are written alike."""
    return ast.dump(one) == ast.dump(other)


def is_opaque(value: ast.expr) -> bool:
    """Whether nothing is known of a value."""
    return isinstance(value, ast.Name) and value.id == OPAQUE


def is_partial(value: ast.expr) -> bool:
    """Whether something in a value is not known."""
    return any(is_opaque(node) for node in ast.walk(value) if isinstance(node, ast.expr))


def members(value: ast.expr) -> list[ast.expr] | None:
    """The members of a sequence or set."""
    match value:
        case ast.List(elts=found) | ast.Tuple(elts=found) | ast.Set(elts=found):
            return found
    return None


def states(node: cst.BaseExpression, value: ast.expr) -> bool:
    """Whether an expression states its value, rather than computes one: a literal, the name of a constant
    that the value is known by, a call of the type that it has.
    """
    match node:
        case cst.SimpleString() | cst.ConcatenatedString() | cst.Integer() | cst.Float() | cst.Imaginary():
            return _evaluates(node, value)
        case cst.UnaryOperation() | cst.BinaryOperation():
            return _evaluates(node, value)
        case cst.Name() | cst.Attribute():
            return dotted(node) in _CONSTANTS or _is_known_as(node, value)
        case cst.List(elements=elements) | cst.Tuple(elements=elements) | cst.Set(elements=elements):
            values = members(value)
            return values is not None and _all_state([e.value for e in elements], values)
        case cst.Dict(elements=pairs):
            return isinstance(value, ast.Dict) and _all_state([p.value for p in pairs], value.values)
        case cst.Call(func=function):
            return isinstance(value, ast.Call) and terminal(function) == _last_name(value.func)
    return False


def _evaluates(node: cst.BaseExpression, value: ast.expr) -> bool:
    """Whether a literal, or a calculation with literals, is the value."""
    tree = tree_of(cst.Module([]).code_for_node(node))
    if tree is None or not all(isinstance(part, _CALCULATION) for part in ast.walk(tree)):
        return False
    code = compile(ast.Expression(tree), "<literal>", "eval")
    try:
        return bool(eval(code, {"__builtins__": {}}) == ast.literal_eval(value))
    except (ValueError, TypeError, ArithmeticError, MemoryError):
        return False


def _all_state(nodes: Sequence[cst.BaseExpression], values: Sequence[ast.expr]) -> bool:
    return len(nodes) == len(values) and all(states(n, v) for n, v in zip(nodes, values, strict=True))


def _is_known_as(node: cst.Name | cst.Attribute, value: ast.expr) -> bool:
    return isinstance(value, ast.Name | ast.Attribute) and terminal(node) == _last_name(value)


def _last_name(value: ast.expr) -> str:
    return ast.unparse(value).rpartition(".")[2]


def replaced(
    root: cst.BaseExpression, old: cst.BaseExpression, new: cst.BaseExpression
) -> cst.BaseExpression:
    """An expression with a part of it replaced."""
    return new if root is old else cast("cst.BaseExpression", root.deep_replace(old, new))
