"""The statement of a test that failed, and what it calls and reads."""

import ast
from collections.abc import Iterator
from functools import lru_cache


@lru_cache(maxsize=64)
def _parse(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def statement_at(text: str, line: int) -> ast.AST | None:
    """The smallest statement around a line; of a compound one its head alone is what `walk_head` yields."""
    tree = _parse(text)
    found: ast.stmt | None = None
    for node in ast.walk(tree) if tree else ():
        if not isinstance(node, ast.stmt) or not _first_line(node) <= line <= (
            node.end_lineno or node.lineno
        ):
            continue
        if found is None or _first_line(node) >= _first_line(found):
            found = node
    return found


def _first_line(node: ast.stmt) -> int:
    match node:
        case ast.FunctionDef(decorator_list=found) | ast.AsyncFunctionDef(decorator_list=found):
            return min([node.lineno, *(decorator.lineno for decorator in found)])
    return node.lineno


def walk_head(statement: ast.AST) -> Iterator[ast.AST]:
    """Every node of a statement but those of the statements inside it."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt | ast.ExceptHandler):
            yield child
            yield from walk_head(child)


def calls(statement: ast.AST) -> Iterator[ast.Call]:
    """The calls of a statement."""
    return (node for node in walk_head(statement) if isinstance(node, ast.Call))


def attributes(statement: ast.AST) -> set[str]:
    """The names of the attributes that a statement uses."""
    return {node.attr for node in walk_head(statement) if isinstance(node, ast.Attribute)}


def callee(call: ast.Call) -> str:
    """The last name of what is called; empty where it has none."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
