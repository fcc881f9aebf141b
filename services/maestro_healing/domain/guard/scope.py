"""What names stand for at one point of a test."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from maestro_healing.domain.guard.canonical import canonical
from maestro_healing.domain.guard.facts import Place
from maestro_healing.domain.guard.source import Function, FunctionNode, Module


@dataclass
class Scope:
    """The names of one function while it is read from top to bottom.

    `names` holds what each stands for in canonical form, `known` the expression where it never changes.
    """

    module: Module
    function: Function
    names: dict[str, str]
    known: dict[str, ast.expr]
    fixed: frozenset[str] = frozenset()
    loaded: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()
    bound: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, module: Module, function: Function, arguments: Mapping[str, str]) -> "Scope":
        """The scope at a function's first line."""
        stored = function.stored
        fixed = frozenset(n for n, times in stored.items() if times == 1)
        names = {**module.imports, **arguments}
        known = {
            n: v
            for n, v in module.constants.items()
            if "::" not in n and n not in stored and n not in function.parameters
        }
        names |= {n: canonical(v, {}) for n, v in known.items() if isinstance(v, ast.Constant)}
        return cls(module, function, names, known, fixed, function.loaded, frozenset(stored))

    def write(self, node: ast.AST | None) -> str:
        """`node` in canonical form."""
        return canonical(node, self.names)

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Names that the function has from imports: by themselves, or as attributes of a module."""
        imports = self.module.imports
        attributes = {
            n.attr
            for n in ast.walk(self.function.node)
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in imports
        }
        return frozenset(attributes | imports.keys() | {name.rpartition(".")[2] for name in imports.values()})

    def place(self, node: ast.AST) -> Place:
        """Where `node` stands."""
        return Place(self.function.path, self.function.qualname, getattr(node, "lineno", self.function.line))

    def bind(self, target: ast.expr, value: ast.expr | None, text: str) -> None:
        """Takes note of an assignment of `value`, which is `text` in canonical form."""
        match target:
            case ast.Name(id=name):
                self.names[name] = text
                self.known.pop(name, None)
                if value is not None and name in self.fixed and not self._refers_ahead(value):
                    self.known[name] = value
                self.bound.add(name)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                parts = (
                    value.elts
                    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(items)
                    else None
                )
                for index, item in enumerate(items):
                    part = parts[index] if parts else None
                    self.bind(item, part, self.write(part) if part else f"{text}[{index}]")
            case ast.Starred(value=inner):
                self.bind(inner, None, f"*{text}")

    def _refers_ahead(self, value: ast.expr) -> bool:
        """Whether the value uses a name that is bound only later: following it would not end."""
        used = {n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n.id in self.stored}
        return not used <= self.bound

    def merge(self, before: Mapping[str, str], other: Mapping[str, str]) -> None:
        """After a branch: what a name stands for may be either."""
        for name in {*self.names, *other}:
            mine, theirs = self.names.get(name), other.get(name)
            if mine != theirs:
                both = sorted({v for v in (mine, theirs) if v is not None})
                self.names[name] = both[0] if len(both) == 1 else f"either({', '.join(both)})"


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Calls that the statement itself makes: not those of lambdas, nested functions or nested blocks."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.Lambda | ast.ExceptHandler | ast.match_case):
            continue
        yield from calls_in(child)
        if isinstance(child, ast.Call):
            yield child


def always_fails(body: Sequence[ast.stmt]) -> bool:
    """Whether a block always ends by raising or by failing the test."""
    for node in body:
        match node:
            case ast.Raise() | ast.Assert(test=ast.Constant(value=False | 0 | None)):
                return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="fail") | ast.Name(id="fail"))):
                return True
            case ast.If(body=yes, orelse=no) if always_fails(yes) and always_fails(no):
                return True
            case ast.With(body=inner) if always_fails(inner):
                return True
    return False


def own_statements(node: FunctionNode) -> Sequence[ast.stmt]:
    """The body without its docstring."""
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
        case body:
            return body
