"""The authors' own repair: what stands in the new release's tests, and whether a heal says the same."""

import ast
from collections.abc import Iterable, Mapping

from benchmarks.release_skew.rows import Row
from maestro_healing.domain.rewrite.scope import function_lines


def spliced(old: str, new: str, functions: Iterable[str]) -> str:
    """The old file with the new file's version of these functions (`Class.method`), where both have one."""
    before, after = function_lines(old), function_lines(new)
    lines, fresh = old.splitlines(keepends=True), new.splitlines(keepends=True)
    shared = [name for name in functions if name in before and name in after]
    for name in sorted(shared, key=lambda name: before[name], reverse=True):
        (first, last), (start, stop) = before[name], after[name]
        lines[first - 1 : last] = fresh[start - 1 : stop]
    return "".join(lines)


def says_the_same(row: Row, original: str, healed: str, authors: str) -> bool | None:
    """Whether the heal equals the authors' fix, statement by statement; None where theirs can't be found.

    Of a test it is the function, if the heal edited that; else all that the heal edited in the file.
    Comments, layout and annotations do not count.
    """
    before, after, theirs = (_units(text) for text in (original, healed, authors))
    if row.function and row.function not in theirs:
        return None
    edited = {name for name, unit in after.items() if before.get(name) != unit}
    edited |= {name for name in before if name not in after}
    wanted = {row.function} if row.function in edited else edited
    return all(after.get(name) == theirs.get(name) for name in wanted)


def _units(text: str) -> Mapping[str, str]:
    """Each function by its qualified name, each other statement by its own text: all normalised."""
    found: dict[str, str] = {}
    for name, node in _walk(ast.parse(text).body, ""):
        plain = ast.unparse(_Plain().visit(node))
        found[name or plain] = plain
    return found


def _walk(nodes: Iterable[ast.stmt], prefix: str) -> Iterable[tuple[str, ast.stmt]]:
    for node in nodes:
        match node:
            case ast.ClassDef(name=name, body=body):
                yield from _walk(body, f"{prefix}{name}.")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield prefix + name, node
            case ast.ImportFrom(names=[_, _, *_] as aliases):
                yield from (("", ast.ImportFrom(node.module, [alias], node.level)) for alias in aliases)
            case _:
                yield "", node


class _Plain(ast.NodeTransformer):
    """Takes the annotations away."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node
