"""The product's API at one revision, read statically."""

import ast
import logging
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import griffe

from maestro_healing.domain.sources import FolderTree

logging.getLogger("griffe").setLevel(logging.CRITICAL)  # it reports every alias that leads out of the project

_TOKEN = re.compile(r"\w+|[^\w\s]")


class SymbolKind(StrEnum):
    """What a name stands for."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    PROPERTY = "property"
    ATTRIBUTE = "attribute"


_KINDS = frozenset(kind.value for kind in SymbolKind)


@dataclass(frozen=True)
class Parameter:
    """One parameter. `kind` is positional-only, positional or keyword, keyword-only or variadic."""

    name: str
    kind: str
    default: str | None

    @property
    def is_positional(self) -> bool:
        """Whether a call may give it by its place."""
        return self.kind.startswith("positional")

    @property
    def is_variadic(self) -> bool:
        """Whether it takes what is left over."""
        return self.kind.startswith("variadic")


@dataclass(frozen=True)
class Symbol:
    """One definition of the product.

    `path` is where it is defined, `line` counts from 1, `value` is an attribute's.
    """

    path: str
    kind: SymbolKind
    file: str
    line: int
    source: str
    parameters: tuple[Parameter, ...] = ()
    returns: str = ""
    value: str = ""
    doc: str = ""

    @property
    def name(self) -> str:
        """Its last part."""
        return self.path.rpartition(".")[2]

    @property
    def parent(self) -> str:
        """The module or class that holds it."""
        return self.path.rpartition(".")[0]

    @property
    def is_public(self) -> bool:
        """Whether no part of its path is private."""
        return not any(part.startswith("_") and not part.startswith("__") for part in self.path.split("."))

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """What it does, without its own name, documentation and annotations."""
        return tuple(_TOKEN.findall(_body(self)))

    @property
    def where(self) -> str:
        """File and line, as a reviewer looks them up."""
        return f"{self.file}:{self.line}"


class Surface:
    """All definitions of the product at one revision."""

    def __init__(self, tree: FolderTree) -> None:
        self._tree = tree
        self._loader = griffe.GriffeLoader(
            search_paths=[tree.root / root for root in tree.import_roots], allow_inspection=False
        )
        for _, name in tree.packages:
            try:
                self._loader.load(name)
            except (griffe.GriffeError, ImportError, SyntaxError):  # the rest can still be read
                continue
        self._loader.resolve_aliases(implicit=True)

    @cached_property
    def definitions(self) -> Mapping[str, Symbol]:
        """Every definition by its path, modules among them."""
        found: dict[str, Symbol] = {}
        for module in self._loader.modules_collection.members.values():
            for item in _walk(module):
                symbol = self._symbol(item)
                if symbol is not None:
                    found[symbol.path] = symbol
        return found

    def get(self, path: str) -> Symbol | None:
        """What a dotted path stands for, through re-exports and inheritance."""
        try:
            found = self._loader.modules_collection[path]
            item = found.final_target if found.is_alias else found
        except (KeyError, griffe.GriffeError, ValueError):
            return None
        return self.definitions.get(item.path) or self._symbol(item)

    def alias(self, path: str) -> str | None:
        """Where a re-export or import at this path leads, product or not; None where it is none."""
        try:
            found = self._loader.modules_collection[path]
        except (KeyError, griffe.GriffeError, ValueError):
            return None
        return str(found.target_path) if found.is_alias else None

    def has(self, path: str) -> bool:
        """Whether the path leads to something, be it an import of a foreign module."""
        return self.get(path) is not None or self.alias(path) is not None

    def exports(self, symbol: Symbol) -> tuple[str, ...]:
        """The paths by which it can be imported, shortest first."""
        found = [symbol.path]
        for module in self._loader.modules_collection.members.values():
            for item in _modules(module):
                for name, member in item.members.items():
                    if member.is_alias and not name.startswith("_") and _target(member) == symbol.path:
                        found.append(f"{item.path}.{name}")
        return tuple(sorted(set(found), key=lambda path: (path.count("."), path)))

    def named(self, qualname: str) -> tuple[Symbol, ...]:
        """Definitions whose path ends so, e.g. `Client.__init__`."""
        return tuple(s for path, s in self.definitions.items() if f".{path}".endswith(f".{qualname}"))

    def _symbol(self, item: griffe.Object) -> Symbol | None:
        if isinstance(item.filepath, list):  # a namespace package
            return None
        parameters: tuple[Parameter, ...] = ()
        returns = value = ""
        if item.kind.value not in _KINDS:
            return None
        kind = SymbolKind(item.kind.value)
        if isinstance(item, griffe.Function):
            parameters = tuple(
                Parameter(
                    p.name, p.kind.value if p.kind else "", None if p.default is None else str(p.default)
                )
                for p in item.parameters
            )
            returns = str(item.returns or "")
        if isinstance(item, griffe.Attribute):
            value = str(item.value or "")
            if "property" in item.labels:
                kind, returns = SymbolKind.PROPERTY, str(item.annotation or "")
        source = "" if kind is SymbolKind.MODULE else textwrap.dedent(item.source)
        path = Path(item.filepath)
        file = (
            path.relative_to(self._tree.root).as_posix()
            if path.is_relative_to(self._tree.root)
            else str(path)
        )
        doc = item.docstring.value if item.docstring else ""
        return Symbol(item.path, kind, file, item.lineno or 1, source, parameters, returns, value, doc)


def _walk(item: griffe.Object | griffe.Alias) -> Iterator[griffe.Object]:
    if isinstance(item, griffe.Alias):
        return
    yield item
    for member in item.members.values():
        yield from _walk(member)


def _modules(item: griffe.Object | griffe.Alias) -> Iterator[griffe.Object]:
    return (found for found in _walk(item) if found.is_module)


def _target(alias: griffe.Object | griffe.Alias) -> str:
    try:
        return str(alias.final_target.path) if isinstance(alias, griffe.Alias) else alias.path
    except griffe.GriffeError:
        return ""


class _Bare(ast.NodeTransformer):
    """Takes away what a definition does not need to do its work."""

    def _strip(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if not isinstance(node, ast.ClassDef):
            node.returns = None
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _strip

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def _body(symbol: Symbol) -> str:
    if symbol.kind is SymbolKind.ATTRIBUTE:
        return symbol.value
    try:
        tree = ast.parse(symbol.source)
    except SyntaxError:
        return symbol.source
    match tree.body:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as node]:
            node.name = "_"
    return ast.unparse(_Bare().visit(tree))
