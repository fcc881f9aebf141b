"""What a definition stood for:
a constant's value or a one-line body, where it can be written out elsewhere.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from maestro_healing.domain.diagnosis.surface import Symbol, SymbolKind


@dataclass(frozen=True)
class Imported:
    """The name is imported from this dotted path."""

    path: str


@dataclass(frozen=True)
class Expression:
    """The name stands for an expression over these parameters and standard modules."""

    text: str
    parameters: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


Meaning = Imported | Expression


def meaning_in_module(text: str, name: str) -> Meaning | None:
    """What a module-level name stands for on Python 3, through branches on the version that can be told."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return None
    reader = _Reader()
    reader.read(body)
    return reader.meaning(name)


def meaning_of_body(symbol: Symbol, module_text: str) -> Expression | None:
    """What a function, method or property returned, where its body is one expression of its parameters."""
    if symbol.kind not in (SymbolKind.FUNCTION, SymbolKind.PROPERTY):
        return None
    try:
        body = ast.parse(symbol.source).body
    except SyntaxError:
        return None
    match body:
        case [ast.FunctionDef(args=args, body=statements)]:
            steps = [s for s in statements if not _is_remark(s)]
        case _:
            return None
    if args.vararg or args.kwarg or args.defaults or args.kw_defaults:
        return None
    if len(steps) != 1 or not isinstance(steps[0], ast.Return) or steps[0].value is None:
        return None
    names = tuple(a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs])
    reader = _Reader()
    reader.read(ast.parse(module_text).body)
    imports = reader.imports_for(steps[0].value, frozenset(names))
    return None if imports is None else Expression(ast.unparse(steps[0].value), names, imports)


def delegate_of_body(symbol: Symbol) -> str | None:
    """The dotted name that a function hands all its arguments to, warning or not; None where it does more."""
    try:
        body = ast.parse(symbol.source).body
    except SyntaxError:
        return None
    match body:
        case [ast.FunctionDef(body=statements)]:
            steps = [s for s in statements if not _is_remark(s)]
        case _:
            return None
    match steps:
        case [
            ast.Return(
                value=ast.Call(func=ast.Name() | ast.Attribute() as function, args=args, keywords=keywords)
            )
        ]:
            given = [*args, *(k.value for k in keywords)]
            if all(isinstance(a, ast.Name | ast.Starred) for a in given):
                return ast.unparse(function)
    return None


def _is_remark(statement: ast.stmt) -> bool:
    """A docstring, an import inside, or a call of `warn`."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    match statement:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return "warn" in name.lower()
    return False


class _Reader:
    """Reads a module's top level as Python 3 would run it, as far as it can be told."""

    def __init__(self) -> None:
        self._values: dict[str, ast.expr] = {}
        self._imports: dict[str, str] = {}

    def read(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._set(name, value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._set(name, value)
                case ast.Import(names=aliases):
                    for alias in aliases:
                        top = alias.name if alias.asname else alias.name.partition(".")[0]
                        self._bind(alias.asname or top, top)
                case ast.ImportFrom(module=str() as module, names=aliases, level=0):
                    for alias in aliases:
                        self._bind(alias.asname or alias.name, f"{module}.{alias.name}")
                case ast.If(test=test, body=then, orelse=otherwise):
                    self._branch(test, then, otherwise)
                case ast.Try(body=then):
                    self.read(then)

    def _set(self, name: str, value: ast.expr) -> None:
        self._imports.pop(name, None)
        self._values[name] = value

    def _bind(self, name: str, path: str) -> None:
        self._values.pop(name, None)
        self._imports[name] = path

    def _branch(self, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        truth = self._truth(test)
        if truth is not False:
            self.read(then)
        if truth is not True:
            self.read(otherwise)

    def _truth(self, test: ast.expr) -> bool | None:
        """Whether a test on the Python version holds; None where it is about something else."""
        match test:
            case ast.Name(id=name) if name in self._values:
                return self._truth(self._values[name])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                truth = self._truth(operand)
                return None if truth is None else not truth
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if _is_version(left):
                return _compare_version(left, operator, right)
        return None

    def meaning(self, name: str) -> Meaning | None:
        if name in self._imports:
            return Imported(self._imports[name])
        value = self._values.get(name)
        if value is None:
            return None
        imports = self.imports_for(value, frozenset())
        return None if imports is None else Expression(ast.unparse(value), (), imports)

    def imports_for(self, value: ast.expr, parameters: frozenset[str]) -> tuple[str, ...] | None:
        """Standard modules that the expression needs imported; None where it needs anything else."""
        needed = set()
        for name in _free_names(value):
            if name in parameters or (hasattr(builtins, name) and name not in self._values):
                continue
            module = self._imports.get(name, "")
            if module != name or module not in sys.stdlib_module_names:
                return None
            needed.add(module)
        return tuple(sorted(needed))


def _free_names(value: ast.expr) -> Iterator[str]:
    return (node.id for node in ast.walk(value) if isinstance(node, ast.Name))


def _is_version(node: ast.expr) -> bool:
    return "sys.version_info" in ast.unparse(node)


def _compare_version(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool | None:
    try:
        wanted = ast.literal_eval(right)
    except ValueError:
        return None
    actual: object = tuple(sys.version_info[:3])
    if isinstance(left, ast.Subscript | ast.Attribute) and ast.unparse(left) != "sys.version_info":
        actual = sys.version_info[0]
    if isinstance(wanted, tuple) and isinstance(actual, tuple):
        pair = (actual[: len(wanted)] if isinstance(operator, ast.Eq) else actual, wanted)
    elif isinstance(wanted, int) and isinstance(actual, int):
        pair = ((actual,), (wanted,))
    else:
        return None
    match operator:
        case ast.Eq():
            return pair[0] == pair[1]
        case ast.NotEq():
            return pair[0] != pair[1]
        case ast.Gt():
            return pair[0] > pair[1]
        case ast.GtE():
            return pair[0] >= pair[1]
        case ast.Lt():
            return pair[0] < pair[1]
        case ast.LtE():
            return pair[0] <= pair[1]
    return None
