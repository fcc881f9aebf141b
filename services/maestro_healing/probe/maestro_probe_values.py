"""Values as the probe writes them down: their text, and an expression that makes an equal one.

An expression is made of what the names of a test's module reach; what is imported besides is told with it.
Needs nothing but the standard library; runs on Python >= 3.7.
"""

from __future__ import annotations

import ast
import builtins
import enum
import re
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXT_LIMIT = 20000
NODE_LIMIT = 4000
OPAQUE = "_opaque_"  # stands for a part that no expression makes
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))


def text_of(value: object, limit: int = TEXT_LIMIT) -> str:
    """A string that JSON and UTF-8 take, cut in its middle where it is too long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception as error:  # a repr is the project's code: it may raise anything
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    if len(text) > limit:
        text = text[: limit // 2] + " ... " + text[-limit // 2 :]
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def type_name(kind: type) -> str:
    """Its full name."""
    return f"{kind.__module__}.{kind.__qualname__}"


class _Matched:
    """Stands for a part that equals its counterpart, though it is another kind of thing: a matcher."""


def without_matchers(left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides, with what is equal in them though not alike taken out: `mock.ANY` is no value to edit."""
    if type(left) is not type(right):
        try:
            return (_Matched(), _Matched()) if bool(left == right) else (left, right)
        except Exception:  # equality is the project's code
            return left, right
    if type(left) is dict and left.keys() == right.keys():
        pairs = {key: without_matchers(left[key], right[key]) for key in left}
        return {k: p[0] for k, p in pairs.items()}, {k: pairs[k][1] for k in right}
    if type(left) in (list, tuple) and len(left) == len(right):
        both = [without_matchers(left[at], right[at]) for at in range(len(left))]
        return type(left)(one for one, _ in both), type(left)(other for _, other in both)
    return left, right


class Unwritable(Exception):
    """No expression makes the value."""


class Writer:
    """Writes values as expressions for a module with these names.

    Without `reprs` the project's own `__repr__` is not called.
    """

    def __init__(self, names: Mapping[str, Any], reprs: bool = True) -> None:
        self._reprs = reprs
        self._names = {n: v for n, v in names.items() if not n.startswith(("__", "@"))}
        self._paths: dict[int, str] | None = None
        self._imports: list[str] = []
        self._left = NODE_LIMIT

    def describe(self, value: object, shown: object = None) -> dict[str, object]:
        """What the probe records of a value: text, type and, where there is one, the expression (of `shown`,
        where that is given).
        """
        record: dict[str, object] = {"text": text_of(value), "type": type_name(type(value))}
        source = self.source(value if shown is None else shown)
        if source is not None:
            record["source"] = source
            if self._imports:
                record["imports"] = list(dict.fromkeys(self._imports))
        return record

    def source(self, value: object) -> str | None:
        """The expression; None where there is none, or where it is too long."""
        self._imports, self._left = [], NODE_LIMIT
        try:
            source = self._write(value)
        except (Unwritable, RecursionError):
            return None
        if source == OPAQUE or len(source) > TEXT_LIMIT:
            return None
        return source.encode("utf-8", "backslashreplace").decode("utf-8")

    def _write(self, value: Any) -> str:
        """The expression; `OPAQUE` stands for parts of a container that have none."""
        self._left -= 1
        if self._left < 0:
            raise Unwritable
        kind = type(value)
        if kind in _PLAIN:
            return _plain(value)
        if kind is _Matched:
            return OPAQUE
        if kind in (list, tuple, set, frozenset, dict):
            return self._container(value, kind)
        try:
            return self._object(value, kind)
        except Unwritable:
            return OPAQUE
        except Exception:  # equality and attributes are the project's code
            return OPAQUE

    def _container(self, value: Any, kind: type) -> str:
        if kind is dict:
            return "{" + ", ".join(f"{self._write(k)}: {self._write(v)}" for k, v in value.items()) + "}"
        members = [self._write(member) for member in value]
        if kind is list:
            return f"[{', '.join(members)}]"
        if kind is tuple:
            return f"({members[0]},)" if len(members) == 1 else f"({', '.join(members)})"
        inside = "{" + ", ".join(sorted(members)) + "}" if members else ""
        return inside if kind is set and members else f"{kind.__name__}({inside})"

    def _object(self, value: Any, kind: type) -> str:
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            return self._named(value)
        if isinstance(value, types.ModuleType):
            raise Unwritable
        name = getattr(value, "name", None) if isinstance(value, enum.Enum) else None
        if isinstance(name, str) and getattr(kind, name, None) is value:
            return f"{self._named(kind)}.{name}"
        known = self._reached().get(id(value))
        if known is not None:
            return known
        return self._from_repr(value, kind)

    def _from_repr(self, value: Any, kind: type) -> str:
        """Its repr, where that evaluates to an equal object of its type."""
        text = repr(value) if self._reprs else "<"
        if len(text) > TEXT_LIMIT or text.startswith("<"):
            raise Unwritable
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            raise Unwritable from None
        imports = len(self._imports)
        source = self._expression(tree, kind)
        known = dict(self._names)
        for path in self._imports[imports:]:
            module, _, name = path.rpartition(".")
            known[name] = getattr(sys.modules[module], name)
        made = eval(source, known)
        if type(made) is not kind or repr(made) != text or not bool(made == value):
            del self._imports[imports:]
            raise Unwritable
        return source

    def _expression(self, node: ast.AST, kind: type) -> str:
        """A repr's syntax tree, written with the module's names; only classes are called."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._path(node, kind)[0]
        if isinstance(node, ast.Call):
            source, target = self._path(node.func, kind)
            if not isinstance(target, type) and target is not re.compile:
                raise Unwritable
            arguments = [self._expression(a, kind) for a in node.args]
            for keyword in node.keywords:
                arguments.append(f"{keyword.arg}={self._expression(keyword.value, kind)}")
            return f"{source}({', '.join(arguments)})"
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            members = [self._expression(element, kind) for element in node.elts]
            if isinstance(node, ast.Tuple):
                return f"({members[0]},)" if len(members) == 1 else f"({', '.join(members)})"
            opening, closing = "[]" if isinstance(node, ast.List) else "{}"
            return f"{opening}{', '.join(members)}{closing}"
        if isinstance(node, ast.Dict) and None not in node.keys:
            pairs = zip(node.keys, node.values)  # noqa: B905 (strict came with 3.10)
            inside = (f"{self._expression(k, kind)}: {self._expression(v, kind)}" for k, v in pairs if k)
            return "{" + ", ".join(inside) + "}"
        try:
            return _plain(ast.literal_eval(node))
        except ValueError:
            raise Unwritable from None

    def _path(self, node: ast.AST, kind: type) -> tuple[str, object]:
        """A dotted name of a repr, as the module reaches it, and what it is."""
        path = _dotted(node)
        for root in (self._names, vars(builtins)):
            found = _follow(path, root)
            if found is not None:
                return path, found
        if path == kind.__qualname__.rpartition(".")[2]:
            return self._named(kind), kind
        module, _, name = path.rpartition(".")
        owner = sys.modules.get(module)
        if owner is None and "." in module:
            source, target = self._path(ast.parse(module, mode="eval").body, kind)
            return f"{source}.{name}", getattr(target, name)
        if owner is None or not hasattr(owner, name):
            raise Unwritable
        target = getattr(owner, name)
        return (self._named(target) if isinstance(target, type) else self._reach(module, name)), target

    def _named(self, target: Any) -> str:
        """A class or function, as the module reaches it."""
        known = self._reached().get(id(target))
        if known is not None:
            return known
        name, module = getattr(target, "__qualname__", ""), getattr(target, "__module__", "")
        if getattr(builtins, name, None) is target:
            return str(name)
        if not name.isidentifier() or _follow(name, vars(sys.modules.get(module, builtins))) is not target:
            raise Unwritable
        return self._reach(*_public(module, name, target))

    def _reach(self, module: str, name: str) -> str:
        for known, value in self._names.items():
            if isinstance(value, types.ModuleType) and value.__name__ == module:
                return f"{known}.{name}"
        if name in self._names:
            raise Unwritable  # it means something else there
        self._imports.append(f"{module}.{name}")
        return name

    def _reached(self) -> Mapping[int, str]:
        """What the module's names, and the attributes of its modules and classes, stand for."""
        if self._paths is None:
            self._paths = {}
            for name, value in self._names.items():
                if type(value) not in _PLAIN and not isinstance(value, types.ModuleType):
                    self._paths.setdefault(id(value), name)
            for name, value in self._names.items():
                if isinstance(value, (types.ModuleType, type)):
                    for attribute, inner in _constants(value):
                        self._paths.setdefault(id(inner), f"{name}.{attribute}")
        return self._paths


def _constants(owner: Any) -> Iterator[tuple[str, object]]:
    for name, value in list(vars(owner).items()):
        if name.startswith("_") or type(value) in _PLAIN or isinstance(value, types.ModuleType):
            continue
        if isinstance(owner, types.ModuleType) or isinstance(value, owner):
            yield name, value


def _public(module: str, name: str, target: object) -> tuple[str, str]:
    """The shortest public module that offers it: `zoneinfo` for `zoneinfo._zoneinfo`."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        path = ".".join(parts[:end])
        if getattr(sys.modules.get(path), name, None) is target:
            return path, name
    return module, name


def _plain(value: object) -> str:
    text = repr(value)
    if text in ("nan", "inf", "-inf"):
        raise Unwritable
    return "..." if value is Ellipsis else text


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    raise Unwritable


def _follow(path: str, names: Mapping[str, Any]) -> object | None:
    """What a dotted name stands for; None where it leads nowhere."""
    first, *rest = path.split(".")
    found = names.get(first)
    for name in rest:
        found = getattr(found, name, None)
    return found
