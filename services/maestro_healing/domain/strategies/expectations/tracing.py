"""From an expression of a check to the place in the test's files that states its value."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from maestro_healing.domain.rewrite.located import Located, assigned_names, located, statements, walk
from maestro_healing.domain.rewrite.references import dotted, terminal
from maestro_healing.domain.strategies.expectations import tables
from maestro_healing.domain.strategies.expectations.scene import Scene, View

_DEEPEST = 8


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
        if not view.located.has(node):  # it stands in a constant: the function's own names mean nothing there
            return self._constant(name, view)
        binding = last_binding(name, view, view.located.line(node))
        if binding is not None:
            return self._bound(name, binding, view, depth)
        if name in _parameters(view.function):
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
            call = _call_of(view.function.name.value, caller)
            given = _given(name, view.function, call) if call is not None else None
            if call is not None and given is not None:
                return self.trace(given, call, caller, depth + 1)
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
                parameters = {n: failure.parameters[n] for n in names if n in failure.parameters}
                row = tables.row(place.node, names, failure.rows.get(name), parameters)
                return self._cell(replace(place, node=row, anchor=row), names, name) if row else None
        return None

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
        """A constant of the module, or of the class as `self` would reach it."""
        definition = located(view.located.module, name)
        if definition is None or not isinstance(definition.node, cst.SimpleStatementLine):
            return None
        for small in definition.node.body:
            if name in assigned_names(small) and isinstance(small, cst.Assign | cst.AnnAssign):
                value = small.value
                if value is not None:
                    return Place(view.file, name, definition, value, value, view)
        return None


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


def last_binding(name: str, view: View, line: int) -> cst.CSTNode | None:
    """The statement that gave a name its value before a line of a function."""
    found: cst.CSTNode | None = None
    for statement in _all_statements(view.function):
        if view.located.line(statement) >= line and not _covers(statement, view, line):
            continue
        match statement:
            case cst.SimpleStatementLine(body=body):
                for small in body:
                    if _binds(small, name) and view.located.line(small) < line:
                        found = small
            case cst.For(target=target) if name in tables.target_names(target):
                found = statement
    return found


def _covers(statement: cst.BaseStatement, view: View, line: int) -> bool:
    found = view.located.range(statement)
    return found.start.line <= line <= found.end.line


def _all_statements(function: cst.FunctionDef) -> Iterator[cst.BaseStatement]:
    """Statements of the function and of functions in it."""
    for statement in statements(function.body.body):
        yield statement
        if isinstance(statement, cst.FunctionDef):
            yield from _all_statements(statement)


def _binds(small: cst.BaseSmallStatement, name: str) -> bool:
    match small:
        case cst.Assign(targets=targets):
            return any(
                name in (*tables.target_names(target.target), dotted(target.target)) for target in targets
            )
        case cst.AnnAssign(target=cst.Name(value=bound)) | cst.AugAssign(target=cst.Name(value=bound)):
            return bound == name
    return False


def _parameters(function: cst.FunctionDef) -> Sequence[str]:
    given = function.params
    return [p.name.value for p in (*given.posonly_params, *given.params, *given.kwonly_params)]


def _call_of(name: str, caller: View) -> cst.Call | None:
    if caller.statement is None:
        return None
    calls = (node for node in walk(caller.statement) if isinstance(node, cst.Call))
    return next((call for call in calls if terminal(call.func) == name), None)


def _given(name: str, function: cst.FunctionDef, call: cst.Call) -> cst.BaseExpression | None:
    """What a call gives for a parameter of a function, or the parameter's default."""
    if any(argument.star for argument in call.args):
        return None
    names = _parameters(function)
    if names[:1] in (["self"], ["cls"]) and isinstance(call.func, cst.Attribute):
        names = names[1:]
    for position, argument in enumerate(call.args):
        given = argument.keyword.value if argument.keyword else None
        if given == name or (given is None and position < len(names) and names[position] == name):
            return argument.value
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
