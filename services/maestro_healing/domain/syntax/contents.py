"""What a text that compiles holds: a measure of whether it says what was meant."""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

_CHECKS = ("assert", "raises", "warns", "fail")


@dataclass(frozen=True)
class Contents:
    """Names of the functions that can be collected, the number of checks in functions
    that can fail, and how many names are used that nothing defines.
    """

    functions: frozenset[str]
    checks: int
    strangers: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Raises SyntaxError where the text does not compile."""
        tree = ast.parse(text)
        nodes = list(ast.walk(tree))
        known = {name for node in nodes for name in _bound(node)} | set(dir(builtins)) | {"__file__"}
        used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        bodies = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        checks = {id(inner) for body in bodies for inner in ast.walk(body) if _is_check(inner)}
        return cls(frozenset(_functions(tree.body)), len(checks), len(used - known))


def _functions(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(body=inner) | ast.With(body=inner):
                yield from _functions(inner)
            case ast.If(body=inner, orelse=other) | ast.Try(body=inner, orelse=other):
                yield from _functions([*inner, *other])


def _is_check(node: ast.AST) -> bool:
    match node:
        case ast.Assert(test=ast.Constant() | ast.JoinedStr() | ast.Tuple()):
            return False
        case ast.Assert():
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name.startswith(_CHECKS)
    return False


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str() as name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
            yield name
        case ast.MatchMapping(rest=str() as name):
            yield name
