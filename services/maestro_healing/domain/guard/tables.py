"""Rows of data that feed a test: parametrize marks, and loops over data written down in the test."""

import ast
import itertools
from collections.abc import Sequence

from maestro_healing.domain.guard.facts import Rows
from maestro_healing.domain.guard.relations import number
from maestro_healing.domain.guard.scope import Scope
from maestro_healing.domain.guard.source import last_name

_MOST_ROWS = 5000


def items(node: ast.expr, scope: Scope, depth: int = 0) -> Sequence[ast.expr] | None:
    """The elements of an iterable that is written down; None where they cannot be told."""
    if depth > 6:
        return None
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            # What a starred element comes to may be unknown: then it counts as one row.
            parts = [
                (items(e.value, scope, depth + 1) or [e]) if isinstance(e, ast.Starred) else [e]
                for e in elements
            ]
            return [e for part in parts for e in part]
        case ast.Name(id=name):
            value = scope.known.get(name)
            return None if value is None else items(value, scope, depth + 1)
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr):
            for owner in scope.function.classes:
                value = scope.module.constants.get(f"{owner}::{attr}")
                if value is not None:
                    return items(value, scope, depth + 1)
            return None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = items(left, scope, depth + 1), items(right, scope, depth + 1)
            return None if first is None or second is None else [*first, *second]
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            first, times = items(left, scope, depth + 1), number(right, scope.known)
            return (
                None
                if first is None or times != times or len(first) * times > _MOST_ROWS
                else [*first] * int(times)
            )
        case ast.Subscript(value=value, slice=ast.Slice(lower=low, upper=high, step=step)):
            return _slice(items(value, scope, depth + 1), (low, high, step), scope)
        case ast.Dict(keys=keys) if None not in keys:
            return [k for k in keys if k is not None]
        case ast.Call():
            return _called(node, scope, depth)
        case _:
            return None


def _slice(
    elements: Sequence[ast.expr] | None, bounds: Sequence[ast.expr | None], scope: Scope
) -> Sequence[ast.expr] | None:
    numbers = [None if b is None else number(b, scope.known) for b in bounds]
    if elements is None or any(n is not None and n != n for n in numbers):
        return None
    return elements[slice(*(None if n is None else int(n) for n in numbers))]


def _called(node: ast.Call, scope: Scope, depth: int) -> Sequence[ast.expr] | None:
    name, arguments = last_name(node.func), node.args
    if isinstance(node.func, ast.Attribute) and name in ("items", "keys", "values") and not arguments:
        table = (
            scope.known.get(node.func.value.id) if isinstance(node.func.value, ast.Name) else node.func.value
        )
        if not isinstance(table, ast.Dict) or None in table.keys:
            return None
        keys = [k for k in table.keys if k is not None]
        pairs: list[ast.expr] = [
            ast.Tuple([k, v], ast.Load()) for k, v in zip(keys, table.values, strict=True)
        ]
        return {"items": pairs, "keys": keys, "values": table.values}[name]
    if name in ("list", "tuple", "sorted", "set", "frozenset", "reversed") and len(arguments) == 1:
        return items(arguments[0], scope, depth + 1)
    if name in ("list", "tuple", "set") and not arguments:
        return []
    if name == "range" and arguments:
        bounds = [number(a, scope.known) for a in arguments]
        whole = (
            range(*(int(b) for b in bounds)) if all(b == b for b in bounds) and 0 not in bounds[2:] else None
        )
        return None if whole is None or len(whole) > _MOST_ROWS else [ast.Constant(i) for i in whole]
    if name == "product" and arguments and not node.keywords:
        axes = [items(a, scope, depth + 1) for a in arguments]
        known = [a for a in axes if a is not None]
        size = 1
        for axis in known:
            size *= len(axis)
        if len(known) < len(axes) or size > _MOST_ROWS:
            return None
        return [ast.Tuple(list(row), ast.Load()) for row in itertools.product(*known)]
    return None


def names_of(node: ast.expr) -> tuple[str, ...]:
    """Parameter names of a parametrize mark."""
    match node:
        case ast.Constant(value=str() as text):
            return tuple(n.strip() for n in text.split(",") if n.strip())
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(str(p.value) for p in parts if isinstance(p, ast.Constant))
        case _:
            return ()


def _cells(row: ast.expr, width: int, scope: Scope) -> tuple[str, ...]:
    if isinstance(row, ast.Call) and last_name(row) == "param":
        return tuple(scope.write(a) for a in row.args)
    if width > 1 and isinstance(row, ast.Tuple | ast.List) and len(row.elts) == width:
        return tuple(scope.write(e) for e in row.elts)
    return (scope.write(row),)


def _disabled(row: ast.expr) -> bool:
    """`pytest.param(..., marks=pytest.mark.skip)`."""
    if not isinstance(row, ast.Call) or last_name(row) != "param":
        return False
    marks = [k.value for k in row.keywords if k.arg == "marks"]
    return any(
        isinstance(n, ast.Attribute) and n.attr in ("skip", "xfail", "skipif")
        for m in marks
        for n in ast.walk(m)
    )


def rows(names: tuple[str, ...], source: ast.expr, scope: Scope) -> Rows:
    """The rows that `source` gives to `names`."""
    elements = items(source, scope)
    if elements is None:
        return Rows(names, None, scope.place(source))
    cells = [_cells(e, len(names), scope) for e in elements]
    disabled = frozenset(i for i, e in enumerate(elements) if _disabled(e))
    return Rows(names, cells, scope.place(source), disabled)
