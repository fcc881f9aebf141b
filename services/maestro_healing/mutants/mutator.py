"""Makes mutants: small changes of a Python source that a good test of it notices.

Runs in the interpreter of the project under test, so it needs nothing but the standard library and runs on
Python >= 3.8. A mutant is a replacement of a span of text, so that the same one can be made on another
revision in which the span's lines are the same.
"""

from __future__ import annotations

import ast
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY, DEFAULT, ASSIGNMENT = "body", "default", "assignment"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

_COMPARISONS = {
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Is: ("is", "is not"), ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"), ast.NotIn: (r"not\s+in", "in"),
}  # fmt: skip
_ARITHMETIC = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "*"), ast.Pow: ("**", "*"), ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.BitXor: ("^", "|"),
}  # fmt: skip
_QUOTES = re.compile(rb"""^([a-zA-Z]*)("{3}|'{3}|"|')""")
_MARK = b"XX"


class Mutant(NamedTuple):
    """`text` in the stead of what stands from `start` to `end` (line from 1, column in UTF-8 bytes).

    `where` says what of the program it changes: the body of a function, the default of a parameter, or an
    assignment of a module or class, whose name is `name` then. `first` and `last` are the lines of the
    statement that it lies in, a block's head alone.
    """

    operator: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str
    where: str
    name: str
    first: int
    last: int


class Text:
    """A source by its lines, in bytes as `ast` counts columns."""

    def __init__(self, source: bytes) -> None:
        """`source` is UTF-8; the line ends of all systems are taken as one, as Python takes them."""
        self.lines = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> bytes:
        """What stands there."""
        if start[0] == end[0]:
            return self.lines[start[0] - 1][start[1] : end[1]]
        middle = self.lines[start[0] : end[0] - 1]
        return b"\n".join([self.lines[start[0] - 1][start[1] :], *middle, self.lines[end[0] - 1][: end[1]]])

    def replaced(self, start: tuple[int, int], end: tuple[int, int], text: bytes) -> bytes:
        """The source with other text there, and as many lines as before."""
        filling = b"\n" * (end[0] - start[0] - text.count(b"\n"))
        head, tail = self.lines[start[0] - 1][: start[1]], self.lines[end[0] - 1][end[1] :]
        return b"\n".join([*self.lines[: start[0] - 1], head + text + filling + tail, *self.lines[end[0] :]])

    def after(self, start: tuple[int, int], offset: int) -> tuple[int, int]:
        """The place `offset` bytes further on."""
        line, column = start
        while offset > len(self.lines[line - 1]) - column:
            offset -= len(self.lines[line - 1]) - column + 1
            line, column = line + 1, 0
        return line, column + offset


def start_of(node: ast.AST) -> tuple[int, int]:
    """Where a node begins."""
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def end_of(node: ast.AST) -> tuple[int, int]:
    """Where a node ends."""
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def mutants(source: bytes) -> Iterator[Mutant]:
    """All mutants of a source, which is UTF-8. Raises SyntaxError and ValueError where it does not parse."""
    tree = ast.parse(source)
    yield from _Maker(Text(source)).block(tree.body)


class _Maker:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._where = ""
        self._name = ""
        self._lines = (0, 0)
        self._loops = 0

    def block(self, body: list[ast.stmt]) -> Iterator[Mutant]:
        for position, statement in enumerate(body):
            if position > 0 or not _is_text(statement):  # else a docstring
                yield from self._statement(statement)

    @contextmanager
    def _inside(self, where: str, name: str = "") -> Iterator[None]:
        before = self._where, self._name
        self._where, self._name = where, name
        yield
        self._where, self._name = before

    def _statement(self, node: ast.stmt) -> Iterator[Mutant]:
        lines, self._lines = self._lines, _lines(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from self._function(node)
        elif isinstance(node, ast.ClassDef):
            yield from self.block(node.body)
        elif self._where == BODY:
            loops = isinstance(node, ast.While)
            yield from self._whole(node)
            self._loops += loops
            yield from self._parts(node)
            self._loops -= loops
        else:
            yield from self._outside(node)
        self._lines = lines

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Mutant]:
        with self._inside(self._where or DEFAULT, node.name):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    yield from self._expression(default)
        with self._inside(BODY):
            yield from self.block(node.body)

    def _outside(self, node: ast.stmt) -> Iterator[Mutant]:
        """What a module or class says when it is imported: names that are given values, and its branches."""
        if isinstance(node, (ast.If, ast.Try)):
            for name in ("body", "orelse", "finalbody"):
                yield from self.block(getattr(node, name, []))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if len(targets) == 1 and isinstance(targets[0], ast.Name) and not targets[0].id.startswith("__"):
                with self._inside(ASSIGNMENT, targets[0].id):
                    yield from self._expression(node.value)

    def _parts(self, node: ast.AST) -> Iterator[Mutant]:
        """What a statement consists of: expressions, and blocks."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_comment"):
                continue
            values = value if isinstance(value, list) else [value]
            if values and isinstance(values[0], ast.stmt):
                yield from self.block(values)
                continue
            for part in values:
                if isinstance(part, ast.expr):
                    yield from self._expression(part)
                elif isinstance(part, ast.AST):
                    yield from self._parts(part)

    def _whole(self, node: ast.stmt) -> Iterator[Mutant]:
        """The statement taken away, where what follows can go on without it; or turned round."""
        if isinstance(node, (ast.If, ast.Assert)):
            yield self._negated(node.test)
        elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
            yield self._instead(node.value, "None", "returned value")
        elif isinstance(node, ast.Continue) and not self._loops:
            yield self._instead(node, "break", "continue")
        stored = isinstance(node, ast.Assign) and not any(isinstance(t, ast.Name) for t in node.targets)
        called = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await))
        counted = isinstance(node, ast.AugAssign) and not self._loops
        if stored or called or counted or isinstance(node, (ast.Delete, ast.Raise)):
            yield self._instead(node, "pass", "removed statement")

    def _expression(self, node: ast.expr) -> Iterator[Mutant]:
        if isinstance(node, ast.Constant):
            yield from self._constant(node)
        elif isinstance(node, ast.JoinedStr):
            yield from self._string(node)
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and self._stands_there(part.value):
                    yield from self._expression(part.value)
            return
        elif isinstance(node, ast.Compare):
            lefts = [node.left, *node.comparators]
            for left, op, right in zip(lefts, node.ops, node.comparators):  # noqa: B905 (Python 3.10)
                pattern, other = _COMPARISONS[type(op)]
                yield from self._symbol(left, right, pattern, other, "comparison")
        elif isinstance(node, ast.BoolOp):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:]):  # noqa: B905 (Python 3.10)
                yield from self._symbol(left, right, old, new, "boolean")
        elif isinstance(node, ast.BinOp):
            if type(node.op) in _ARITHMETIC and not (_is_string(node.left) or _is_string(node.right)):
                old, new = _ARITHMETIC[type(node.op)]
                yield from self._symbol(node.left, node.right, re.escape(old), new, "arithmetic")
        elif isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                yield self._instead(node, self._source(node.operand), "negated condition")
            elif isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
                yield self._instead(node, self._source(node.operand), "arithmetic")
        elif isinstance(node, ast.IfExp):
            yield self._negated(node.test)
        elif isinstance(node, ast.Lambda):
            with self._inside(BODY):
                yield from self._expression(node.body)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from self._expression(child)
            elif isinstance(child, ast.keyword):
                yield from self._expression(child.value)
            elif isinstance(child, ast.comprehension):
                yield from self._expression(child.iter)
                for condition in child.ifs:
                    yield self._negated(condition)
                    yield from self._expression(condition)

    def _constant(self, node: ast.Constant) -> Iterator[Mutant]:
        value = node.value
        if isinstance(value, bool):
            yield self._instead(node, str(not value), "constant")
        elif isinstance(value, int):
            yield self._instead(node, str(value + 1), "constant")
        elif isinstance(value, float):
            yield self._instead(node, repr(value + 1.0), "constant")
        elif isinstance(value, (str, bytes)):
            yield from self._string(node)

    def _string(self, node: ast.expr) -> Iterator[Mutant]:
        """The text with a mark at its start."""
        written = self._text.between(start_of(node), end_of(node))
        opening = _QUOTES.match(written)
        if opening is not None:
            place = self._text.after(start_of(node), opening.end())
            yield self._mutant(place, place, _MARK.decode(), "text")

    def _symbol(
        self, left: ast.expr, right: ast.expr, pattern: str, other: str, operator: str
    ) -> Iterator[Mutant]:
        """The operator that stands between two operands, parentheses and comments perhaps beside it."""
        gap = self._text.between(end_of(left), start_of(right))
        found = re.search(pattern.encode(), gap)
        if found is not None:
            start = self._text.after(end_of(left), found.start())
            yield self._mutant(start, self._text.after(end_of(left), found.end()), other, operator)

    def _instead(self, node: ast.AST, text: str, operator: str) -> Mutant:
        return self._mutant(start_of(node), end_of(node), text, operator)

    def _negated(self, node: ast.expr) -> Mutant:
        return self._instead(node, f"not ({self._source(node)})", "negated condition")

    def _stands_there(self, node: ast.expr) -> bool:
        """Whether a part of an f-string is where `ast` says: before Python 3.12 it may be elsewhere."""
        try:
            return ast.dump(ast.parse(f"({self._source(node)})", mode="eval").body) == ast.dump(node)
        except (SyntaxError, ValueError, IndexError):
            return False

    def _source(self, node: ast.AST) -> str:
        return self._text.between(start_of(node), end_of(node)).decode("utf-8", "surrogateescape")

    def _mutant(self, start: tuple[int, int], end: tuple[int, int], text: str, operator: str) -> Mutant:
        return Mutant(operator, start, end, text, self._where, self._name, *self._lines)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _is_string(node.value)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _lines(node: ast.stmt) -> tuple[int, int]:
    """First and last line of a statement, a block's head alone."""
    body = getattr(node, "body", None)
    return node.lineno, max(node.lineno, body[0].lineno - 1) if body else end_of(node)[0]
