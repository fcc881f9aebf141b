"""Marks and decorators: skips, expected failures, reruns, patches, ignored warnings, parameters."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from maestro_healing.domain.guard.facts import Event, EventKind, Rows
from maestro_healing.domain.guard.scope import Scope, always_fails
from maestro_healing.domain.guard.source import dotted, last_name
from maestro_healing.domain.guard.tables import names_of, rows
from maestro_healing.domain.guard.truth import constant_truth

RETRY = re.compile(
    r"(^|_)(flaky|retry|retries|retrying|rerun|reruns|repeat_until|eventually)|backoff", re.IGNORECASE
)
_SKIP = re.compile(
    r"skip(test|if|unless)?$|^skip_|_skip_|^requires?_|^needs_"
    r"|^(quarantined?|disabled?|broken|wip|todo|muted?|known_(issue|bug|failure)s?)$",
    re.IGNORECASE,
)
# With these a function is no longer called as a test.
_REPLACES = {"property", "cached_property", "contextmanager", "overload"}
_XFAIL = re.compile(r"^x_?fail|expected_?failure", re.IGNORECASE)
_BROAD = {"", "Exception", "BaseException", "AssertionError"}


def catches_failures(handler: ast.ExceptHandler) -> bool:
    """Whether an except clause catches a failed assertion."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or last_name(kind) in _BROAD for kind in kinds)


def resolved(node: ast.expr, scope: Scope) -> ast.expr:
    """A mark kept in a module constant, or the decorator itself."""
    if isinstance(node, ast.Name) and isinstance(scope.known.get(node.id), ast.Call | ast.Attribute):
        return scope.known[node.id]
    return node


def event(
    kind: EventKind, node: ast.AST, scope: Scope, conditional: bool = False, amount: float = 1.0
) -> Event:
    """An event at `node`."""
    return Event(
        kind, scope.write(node), ast.unparse(node), scope.place(node), conditional=conditional, amount=amount
    )


def decorator_events(decorators: Sequence[ast.expr], scope: Scope) -> Iterator[Event]:
    """What the decorators, or the marks of a class or module, do to the test."""
    for original in decorators:
        node = resolved(original, scope)
        name, path = last_name(node), dotted(node.func if isinstance(node, ast.Call) else node)
        arguments = node.args if isinstance(node, ast.Call) else []
        if _XFAIL.search(name):
            if not (arguments and constant_truth(arguments[0], scope.known) is False):
                strict = "strict=True" in ast.unparse(node)
                yield event(EventKind.XFAIL, original, scope, amount=0.0 if strict else 1.0)
        elif _SKIP.search(name):
            yield from _skip(name, node, original, scope)
        elif name in _REPLACES or isinstance(original, ast.Lambda):
            yield event(EventKind.GENERATOR, original, scope)
        elif RETRY.search(name):
            yield event(EventKind.RETRY, original, scope)
        elif name == "filterwarnings" and arguments and ignores_warnings(arguments[0]):
            yield event(EventKind.IGNORE_WARNINGS, original, scope)
        elif name == "patch" or ".patch." in f"{path}.":
            yield from patch_events(node, scope)
        elif isinstance(original, ast.Name | ast.Call):
            yield from _local(original, scope)


def _skip(name: str, node: ast.expr, original: ast.expr, scope: Scope) -> Iterator[Event]:
    condition = node.args[0] if isinstance(node, ast.Call) and node.args else None
    takes_condition = name.lower() in ("skipif", "skipunless") and condition is not None
    if not takes_condition or condition is None:
        named = name.lower() not in ("skip", "skiptest")
        yield event(EventKind.SKIP, original, scope, conditional=named)
        return
    outcome = constant_truth(condition, scope.known)
    skips = outcome is not False if name.lower() == "skipif" else outcome is not True
    if skips:
        yield event(EventKind.SKIP, original, scope, conditional=outcome is None)


def _local(node: ast.expr, scope: Scope) -> Iterator[Event]:
    """A decorator defined beside the test: whether its wrapper lets failures pass."""
    function = scope.module.functions.get(last_name(node))
    if function is None:
        return
    for inner in ast.walk(function.node):
        if isinstance(inner, ast.Try):
            for handler in inner.handlers:
                if catches_failures(handler) and not always_fails(handler.body):
                    yield event(EventKind.RETRY, node, scope)
                    return
        if isinstance(inner, ast.Call) and dotted(inner.func) in ("pytest.skip", "pytest.xfail"):
            yield event(EventKind.SKIP, node, scope, conditional=True)
            return


def ignores_warnings(node: ast.expr) -> bool:
    """`"ignore"` or `"ignore::Category"`; a filter that names its message is about that one warning."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    action, message, *_ = (*node.value.split(":"), "")
    return action.strip() == "ignore" and not message.strip()


def parameter_tables(decorators: Sequence[ast.expr], scope: Scope) -> Iterator[Rows]:
    """The parametrize marks among the decorators."""
    for original in decorators:
        node = resolved(original, scope)
        if not isinstance(node, ast.Call):
            continue
        given = {k.arg: k.value for k in node.keywords}
        if last_name(node) == "parametrize":
            names = node.args[0] if node.args else given.get("argnames")
            values = node.args[1] if len(node.args) > 1 else given.get("argvalues")
            if names is not None and values is not None:
                yield rows(names_of(names), values, scope)
        elif last_name(node) == "fixture" and "params" in given:
            yield rows(("request.param",), given["params"], scope)


def _tail(node: ast.expr, scope: Scope) -> frozenset[str]:
    """The last part of a patch target, also of a computed one; empty where it cannot be told."""
    match node:
        case ast.Constant(value=str() as text):
            return frozenset({text.rsplit(".", 1)[-1]}) - {""}
        case ast.JoinedStr(values=[*_, last]):
            return _tail(last, scope)
        case ast.FormattedValue(value=value):
            return _tail(value, scope)
        case ast.BinOp(op=ast.Add(), right=right):
            return _tail(right, scope)
        case ast.BinOp(op=ast.Mod(), left=left):
            return _tail(left, scope)
        case ast.Name(id=name) if name in scope.known and not isinstance(scope.known[name], ast.Name):
            return _tail(scope.known[name], scope)
        case ast.Attribute(attr="__name__" | "__qualname__", value=value):
            return frozenset({last_name(value)})
        case ast.Call(func=ast.Attribute(attr="format" | "join"), args=[*_, last]):
            return _tail(last, scope)
        case _:
            return frozenset()


def _replacement(call: ast.Call, position: int, scope: Scope) -> str:
    for keyword in call.keywords:
        if keyword.arg in ("return_value", "new", "value"):
            return scope.write(keyword.value)
    if len(call.args) <= position:
        return ""
    return returned(call.args[position], scope)


def returned(node: ast.expr, scope: Scope) -> str:
    """What a stand-in gives: the body of a lambda, a mock's return_value, or the value itself."""
    match node:
        case ast.Lambda(body=body):
            return scope.write(body)
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                if keyword.arg == "return_value":
                    return scope.write(keyword.value)
    return scope.write(node)


def patch_events(node: ast.AST, scope: Scope) -> Iterator[Event]:
    """What a call of mock.patch, monkeypatch or the like replaces."""
    if not isinstance(node, ast.Call) or not node.args or _keeps(node.args):
        return
    name, path = last_name(node.func), dotted(node.func)
    targets: frozenset[str] | None = None
    position = 1
    if name == "patch":
        targets = _tail(node.args[0], scope)
    elif name in ("setattr", "object", "setitem") and len(node.args) >= 2:
        if name == "object" and ".patch" not in f".{path}":
            return
        single = name == "setattr" and len(node.args) == 2
        targets = _tail(node.args[0 if single else 1], scope)
        position = 1 if single else 2
        if name == "setitem" and not _namespace(node.args[0]):
            return
    elif name in ("dict", "multiple") and ".patch." in f".{path}":
        targets = frozenset(k.arg for k in node.keywords if k.arg)
        if name == "dict" and not _namespace(node.args[0]):
            return
        mapping = node.args[1] if len(node.args) > 1 else None
        if isinstance(mapping, ast.Dict):
            targets |= frozenset(t for k in mapping.keys if k for t in _tail(k, scope))
    elif name == "update" and isinstance(node.func, ast.Attribute) and _namespace(node.func.value):
        targets = frozenset(k.arg for k in node.keywords if k.arg)
    if targets is not None:
        yield stand_in(node, targets, _replacement(node, position, scope), scope)


def _keeps(arguments: Sequence[ast.expr]) -> bool:
    """`setattr(owner, "name", owner.name)` puts back after the test what is there, and replaces nothing."""
    match arguments:
        case [owner, ast.Constant(value=str() as name), value]:
            return ast.unparse(value) == f"{ast.unparse(owner)}.{name}"
    return False


def _namespace(node: ast.expr) -> bool:
    """`globals()`, `vars(module)`, `module.__dict__`, `sys.modules`."""
    return last_name(node) in ("globals", "locals", "vars", "__dict__", "modules", "builtins")


def stand_in(node: ast.AST, targets: frozenset[str], value: str, scope: Scope) -> Event:
    """An event that says what is replaced by what."""
    return Event(
        EventKind.PATCH, scope.write(node), ast.unparse(node), scope.place(node), targets=targets, value=value
    )


def assignment_patch(target: ast.expr, value: ast.expr, scope: Scope) -> Iterator[Event]:
    """`obj.attr = Mock()`, `globals()["name"] = ...`, `imported = lambda: ...`."""
    match target:
        case ast.Attribute(value=owner, attr=attr) if (
            last_name(owner) not in ("self", "cls")
            or isinstance(owner, ast.Attribute)
            or attr.startswith("assert")
        ):
            if is_stand_in(value, scope):
                yield stand_in(target, frozenset({attr}), returned(value, scope), scope)
        case ast.Subscript(value=container, slice=key) if _namespace(container):
            yield stand_in(target, _tail(key, scope), returned(value, scope), scope)
        case ast.Name(id=name) if name in scope.module.imports and is_stand_in(value, scope):
            yield stand_in(target, frozenset({name}), returned(value, scope), scope)


def module_patch(node: ast.stmt, scope: Scope) -> Iterator[Event]:
    """What a statement of the module itself puts in the place of something imported."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                for found in assignment_patch(target, value, scope):
                    yield replace(found, targets=found.targets | _attributes(found.targets, scope))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in scope.module.imports:
            yield stand_in(ast.copy_location(ast.Name(name, ast.Store()), node), frozenset({name}), "", scope)


def _attributes(owners: frozenset[str], scope: Scope) -> frozenset[str]:
    """What the test reads from names that are replaced as a whole."""
    return frozenset(
        n.attr
        for n in ast.walk(scope.function.node)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in owners
    )


def is_stand_in(node: ast.expr, scope: Scope) -> bool:
    """A lambda, a mock, or a function defined in the test."""
    if isinstance(node, ast.Name):
        return scope.names.get(node.id, "").startswith("local function")
    return (
        isinstance(node, ast.Lambda)
        or "Mock" in last_name(node)
        or last_name(node) in ("create_autospec", "partial")
    )
