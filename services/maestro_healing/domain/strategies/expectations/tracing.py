"""From an expression of a check to the place in the test's files that states its value."""

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from maestro_healing.domain.rewrite.located import Located, assigned_names, located, walk
from maestro_healing.domain.rewrite.references import dotted, terminal
from maestro_healing.domain.strategies.expectations import tables
from maestro_healing.domain.strategies.expectations.bindings import (
    call_of,
    given,
    last_binding,
    parameters,
)
from maestro_healing.domain.strategies.expectations.scene import Scene, View

_DEEPEST = 8
_SET_UP = ("setUp", "setup_method", "asyncSetUp")


@dataclass(frozen=True)
class Place:
    """An expression that states a value, in the definition `owner` of a file.

    `anchor` is the expression around it by which it is found again: the row, the assigned value, the check.
    """

    file: str
    owner: str
    located: Located
    node: cst.BaseExpression
    anchor: cst.BaseExpression
    view: View


class Tracer:
    """Follows names through local variables, parameters, tables and constants."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def trace(
        self, node: cst.BaseExpression, anchor: cst.BaseExpression, view: View, depth: int = 0
    ) -> Place | None:
        """Where the value of an expression comes from; None where it comes from no expression of a test."""
        here = Place(view.file, view.owner, view.located, node, anchor, view)
        if depth > _DEEPEST:
            return None
        match node:
            case cst.Name() if node.value not in ("True", "False", "None"):
                return self._name(node, view, depth) or here
            case cst.Subscript(value=base, slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
                found = self.trace(base, base, view, depth + 1)
                return _member(found, key) if found is not None and found.node is not base else None
            case cst.Attribute(value=cst.Name() as base, attr=cst.Name(value=name)):
                is_own = view.located.has(node)
                stored = last_binding(dotted(node), view, view.located.line(node)) if is_own else None
                if isinstance(stored, cst.Assign):
                    return self.trace(stored.value, stored.value, view, depth + 1)
                if base.value in ("self", "cls"):
                    return self._attribute(name, view, depth) or here
                found = self.trace(base, base, view, depth + 1)
                return _argument(found, name) if found is not None and found.node is not base else here
        return here

    def sources(self, node: cst.BaseExpression, anchor: cst.BaseExpression, view: View) -> Iterator[Place]:
        """The expression itself, and what each name in it was given."""
        yield Place(view.file, view.owner, view.located, node, anchor, view)
        for part in walk(node):
            found: Place | None = None
            if isinstance(part, cst.Name):
                found = self._name(part, view, 0)
            elif isinstance(part, cst.Attribute) and dotted(part).startswith("self."):
                found = self.trace(part, anchor, view)
            if found is not None and found.node is not part:
                yield found

    def _name(self, node: cst.Name, view: View, depth: int) -> Place | None:
        name = node.value
        is_own = isinstance(view.located.node, cst.FunctionDef) and view.located.has(node)
        if not is_own:  # it stands in a constant: the function's own names mean nothing there
            return self._constant(name, view)
        binding = last_binding(name, view, view.located.line(node))
        if binding is not None:
            return self._bound(name, binding, view, depth)
        if name in parameters(view.function):
            return self._parameter(name, view, depth)
        return self._constant(name, view)

    def _bound(self, name: str, binding: cst.CSTNode, view: View, depth: int) -> Place | None:
        match binding:
            case cst.Assign(targets=targets, value=value):
                if name in assigned_names(binding):
                    return self.trace(value, value, view, depth + 1)
                for target in targets:
                    names = tables.target_names(target.target)
                    elements = value.elements if isinstance(value, cst.Tuple | cst.List) else ()
                    if name in names and len(names) == len(elements):
                        return self.trace(elements[names.index(name)].value, value, view, depth + 1)
            case cst.AnnAssign(value=cst.BaseExpression() as value):
                return self.trace(value, value, view, depth + 1)
            case cst.For(target=target, iter=iterated):
                table = self.trace(iterated, iterated, view, depth + 1)
                if table is not None:
                    return _in(table, tables.looped(table.node, target, name, view.locals))
        return None

    def _parameter(self, name: str, view: View, depth: int) -> Place | None:
        caller = self._scene.caller(view)
        if caller is not None:
            call = call_of(view.function.name.value, caller)
            value = given(name, view.function, call) if call is not None else None
            if call is not None and value is not None:
                return self.trace(value, call, caller, depth + 1)
            return None
        failure = self._scene.failure
        for owner, definition, decorator in self._decorators(view):
            table = tables.parametrized(decorator, name)
            if table is None:
                continue
            names, rows = table
            place: Place | None = Place(view.file, owner, definition, rows, rows, view)
            if isinstance(rows, cst.Name):
                place = self._constant(rows.value, view)
            if place is not None:
                values = {n: failure.parameters[n] for n in names if n in failure.parameters}
                row = tables.row(place.node, names, failure.rows.get(name), values)
                return self._cell(replace(place, node=row, anchor=row), names, name) if row else None
        return self._fixture(name, view, depth)

    def _fixture(self, name: str, view: View, depth: int) -> Place | None:
        """What a fixture of the same file returns."""
        definition = located(view.located.module, name)
        if definition is None or not isinstance(definition.node, cst.FunctionDef):
            return None
        if not any(_is_fixture(decorator) for decorator in definition.node.decorators):
            return None
        own = View(view.file, name, 0, definition, {})
        returned = [n.value for n in definition.nodes() if isinstance(n, cst.Return) and n.value]
        return self.trace(returned[-1], returned[-1], own, depth + 1) if len(returned) == 1 else None

    def _attribute(self, name: str, view: View, depth: int) -> Place | None:
        """What `self.name` was given: in the class body, or before each test."""
        owner = view.owner.rpartition(".")[0]
        if not owner:
            return None
        for method in _SET_UP:
            definition = located(view.located.module, f"{owner}.{method}")
            if definition is not None and isinstance(definition.node, cst.FunctionDef):
                own = View(view.file, f"{owner}.{method}", 0, definition, {})
                stored = last_binding(f"self.{name}", own, sys.maxsize)
                if isinstance(stored, cst.Assign):
                    return self.trace(stored.value, stored.value, own, depth + 1)
        return self._constant(f"{owner}.{name}", view)

    def _cell(self, row: Place, names: Sequence[str], name: str) -> Place | None:
        source = tables.spread(row.node)
        if source is not None:
            constant = self.trace(source, source, row.view, 1)
            return _in(constant, tables.cell(constant.node, names, name)) if constant else None
        return _in(row, tables.cell(row.node, names, name))

    def _decorators(self, view: View) -> Iterator[tuple[str, Located, cst.Decorator]]:
        for decorator in view.function.decorators:
            yield view.owner, view.located, decorator
        owner = view.owner.rpartition(".")[0]
        definition = located(view.located.module, owner) if owner else None
        if definition is not None and isinstance(definition.node, cst.ClassDef):
            for decorator in definition.node.decorators:
                yield owner, definition, decorator

    def _constant(self, name: str, view: View) -> Place | None:
        """A constant of the module or of a class in it, or of the test-side file that it is imported from."""
        file, owner, module = view.file, name, view.located.module
        definition = located(module, owner)
        if definition is None:
            origin = self._scene.imported(file, name)
            other = self._scene.module(origin[0]) if origin else None
            if origin is None or other is None:
                return None
            file, owner = origin
            definition = located(other, owner)
        if definition is None or not isinstance(definition.node, cst.SimpleStatementLine):
            return None
        for small in definition.node.body:
            if not isinstance(small, cst.Assign | cst.AnnAssign) or small.value is None:
                continue
            if owner.rpartition(".")[2] in assigned_names(small):
                own = View(file, owner, 0, definition, {})
                return Place(file, owner, definition, small.value, small.value, own)
        return None


def _is_fixture(decorator: cst.Decorator) -> bool:
    node = decorator.decorator
    return terminal(node.func if isinstance(node, cst.Call) else node) == "fixture"


def _in(place: Place, found: tuple[cst.BaseExpression, cst.BaseExpression] | None) -> Place | None:
    """A part of a table: its expression, and the row around it."""
    return replace(place, node=found[0], anchor=found[1]) if found is not None else None


def _member(place: Place, key: cst.BaseExpression) -> Place | None:
    """What a display holds at a constant key or index."""
    code = place.view.code
    match place.node, key:
        case cst.Dict(elements=elements), _:
            for element in elements:
                if isinstance(element, cst.DictElement) and code(element.key) == code(key):
                    return replace(place, node=element.value)
        case ((cst.List(elements=found) | cst.Tuple(elements=found)), cst.Integer()) if (
            key.evaluated_value < len(found)
        ):
            return replace(place, node=found[key.evaluated_value].value)
    return None


def _argument(place: Place, name: str) -> Place | None:
    """What a call gave by a keyword."""
    if isinstance(place.node, cst.Call):
        for argument in place.node.args:
            if argument.keyword is not None and argument.keyword.value == name:
                return replace(place, node=argument.value)
    return None


def literal_names(sources: Mapping[str, str]) -> dict[str, object]:
    """Names with the plain values that their expressions stand for."""
    found: dict[str, object] = {}
    for name, source in sources.items():
        try:
            found[name] = ast.literal_eval(source)
        except (ValueError, SyntaxError):
            continue
    return found
