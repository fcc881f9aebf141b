"""Which part of a file an edit may touch."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import libcst as cst


@dataclass(frozen=True)
class Scope:
    """Functions by qualified name (`Class.method`), outermost ones;
    the whole file where `everything` is set.
    """

    functions: frozenset[str] = field(default_factory=frozenset)
    everything: bool = False

    @classmethod
    def of_lines(cls, text: str, lines: Iterable[int]) -> Self:
        """The outermost functions around these lines;
        the whole file where one lies outside of every function.
        """
        spans = _function_spans(text)
        names: set[str] = set()
        for line in lines:
            name = next((name for name, first, last in spans if first <= line <= last), None)
            if name is None:
                return cls(everything=True)
            names.add(name)
        return cls(frozenset(names))

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(self.functions | other.functions, self.everything or other.everything)


WHOLE_FILE = Scope(everything=True)


def function_lines(text: str) -> dict[str, tuple[int, int]]:
    """First and last line (from 1, decorators included) of each outermost function, by qualified name."""
    return {name: (first, last) for name, first, last in _function_spans(text)}


def _function_spans(text: str) -> list[tuple[str, int, int]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    found: list[tuple[str, int, int]] = []

    def visit(nodes: Iterable[ast.AST], prefix: str) -> None:
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                found.append((prefix + node.name, first, node.end_lineno or node.lineno))
            elif isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.If | ast.Try | ast.With):
                visit(ast.iter_child_nodes(node), prefix)

    visit(tree.body, "")
    return found


class ScopedTransformer(cst.CSTTransformer):
    """A transformer that knows whether it stands in the scope. Subclasses ask `in_scope`."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope
        self._names: list[str] = []
        self._depth = 0
        self.changed = False

    @property
    def in_scope(self) -> bool:
        """Whether the node at hand may be edited."""
        return self._scope.everything or self._depth > 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
            if isinstance(node, cst.FunctionDef) and ".".join(self._names) in self._scope.functions:
                self._depth += 1
        return super().on_visit(node)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        result = super().on_leave(original_node, updated_node)
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            if isinstance(original_node, cst.FunctionDef) and ".".join(self._names) in self._scope.functions:
                self._depth -= 1
            self._names.pop()
        return result
