"""What gave a name its value in a function of a test."""

from collections.abc import Iterator, Sequence

import libcst as cst

from maestro_healing.domain.rewrite.located import statements, walk
from maestro_healing.domain.rewrite.references import dotted, terminal
from maestro_healing.domain.strategies.expectations import tables
from maestro_healing.domain.strategies.expectations.scene import View


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


def parameters(function: cst.FunctionDef) -> Sequence[str]:
    """Names of a function's parameters, in order."""
    declared = function.params
    found = (*declared.posonly_params, *declared.params, *declared.kwonly_params)
    return [parameter.name.value for parameter in found]


def call_of(name: str, caller: View) -> cst.Call | None:
    """The call of a function in the statement at which its caller stood."""
    if caller.statement is None:
        return None
    calls = (node for node in walk(caller.statement) if isinstance(node, cst.Call))
    return next((call for call in calls if terminal(call.func) == name), None)


def given(name: str, function: cst.FunctionDef, call: cst.Call) -> cst.BaseExpression | None:
    """What a call gives for a parameter of a function, where it says so."""
    if any(argument.star for argument in call.args):
        return None
    names = parameters(function)
    if names[:1] in (["self"], ["cls"]) and isinstance(call.func, cst.Attribute):
        names = names[1:]
    for position, argument in enumerate(call.args):
        keyword = argument.keyword.value if argument.keyword else None
        if keyword == name or (keyword is None and position < len(names) and names[position] == name):
            return argument.value
    return None
