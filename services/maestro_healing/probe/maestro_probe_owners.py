"""What holds the state of a process: modules, classes, objects, containers, and what only the system knows.

Each owner has slots that can be read, compared and put back. Needs nothing but the standard library; runs on
Python >= 3.7.
"""

from __future__ import annotations

import ast
import collections
import decimal
import locale
import os
import random
import shutil
import socket
import sys
import time
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WHOLE = "*"  # the one slot of an owner that is put back as a whole
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "<missing>"})()
FOLDER = "<folder>"  # what stands for a folder, whose name ends in a slash
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_LARGE = 20000
_SKIPPED_FOLDERS = {
    ".git", "__pycache__", ".pytest_cache", ".maestro-probe", "node_modules", ".venv", "venv", ".tox",
    ".hypothesis",
}  # fmt: skip
_MOST_FILES = 5000
_LARGEST_FILE = 2**20


class Owner:
    """One place that holds state. `kind` tells how its slots are read and put back."""

    __slots__ = ("kind", "module", "steps", "target")

    def __init__(self, target: Any, kind: str, module: str, steps: tuple[str, ...]) -> None:
        self.target = target
        self.kind = kind
        self.module = module
        self.steps = steps

    def read(self) -> Mapping[str, Any]:
        """The values of its slots as they are now."""
        try:
            return _READ[self.kind](self.target)
        except Exception:  # the state of a project may be anything
            return {}

    def put(self, slot: str, value: Any) -> None:
        """Puts a value back; MISSING takes the slot away."""
        _PUT[self.kind](self.target, slot, value)


def same(one: Any, other: Any) -> bool:
    """Whether a slot still holds what it held."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, _PLAIN):
        return bool(one == other)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, frozenset):
        return len(one) == len(other) and {id(a) for a in one} == {id(b) for b in other}
    return False


_KINDS = (
    (types.ModuleType, "module"),
    (type, "class"),
    (dict, "dict"),
    (type(os.environ), "dict"),
    (list, "list"),
    (set, "set"),
    (collections.deque, "deque"),
    (types.FunctionType, "instance"),
)


def kind_of(value: Any) -> str:
    """How a value's state is read; empty where it has none that could be.

    Asks its type alone: an object that stands for another answers for that one, if it can at all.
    """
    kind = type(value)
    for base, name in _KINDS:
        if issubclass(kind, base):
            return name
    if hasattr(kind, "cache_info") and hasattr(kind, "cache_clear"):
        return "cache"
    return "instance" if kind.__dictoffset__ or _slots(kind) else ""


def _slots(kind: type) -> list[str]:
    found: list[str] = []
    for base in kind.__mro__:
        names = base.__dict__.get("__slots__", ())
        found += [names] if isinstance(names, str) else list(names)
    return [name for name in found if name not in ("__dict__", "__weakref__")]


def _read_dict(target: Any) -> dict[str, Any]:
    if len(target) > _LARGE:
        return {WHOLE: len(target)}
    return {
        repr(key) if isinstance(key, _PLAIN) else f"<{id(key)}>": value for key, value in list(target.items())
    }


def _put_dict(target: Any, slot: str, value: Any) -> None:
    key = next((key for key in target if repr(key) == slot), MISSING)
    if value is MISSING:
        if key is not MISSING:
            del target[key]
    else:
        target[ast.literal_eval(slot) if key is MISSING else key] = value


def _held(target: Any) -> dict[str, Any]:
    """The object's own `__dict__`, whatever it answers in the place of another."""
    try:
        held = object.__getattribute__(target, "__dict__")
    except AttributeError:
        return {}
    return held if type(held) is dict else {}


def _read_object(target: Any) -> dict[str, Any]:
    found = dict(_held(target))
    for name in _slots(type(target)):
        try:
            found[name] = object.__getattribute__(target, name)
        except AttributeError:
            found[name] = MISSING
    if type(target) is types.FunctionType:
        found["__defaults__"] = target.__defaults__
        found["__code__"] = target.__code__
    return found


def _put_object(target: Any, slot: str, value: Any) -> None:
    held = _held(target)
    if value is MISSING:
        if slot in held:
            del held[slot]
        else:
            object.__delattr__(target, slot)
    elif slot in held or not hasattr(type(target), slot):
        held[slot] = value
    else:
        object.__setattr__(target, slot, value)


def _put_class(target: Any, slot: str, value: Any) -> None:
    if value is not MISSING:
        type.__setattr__(target, slot, value)
    elif slot in vars(target):
        type.__delattr__(target, slot)


def _put_sequence(target: Any, slot: str, value: Any) -> None:
    target.clear()
    target.extend(value)


def _put_set(target: Any, slot: str, value: Any) -> None:
    target.clear()
    target.update(value)


def _files(root: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for folder, folders, files in os.walk(str(root)):
        folders[:] = [
            name for name in folders if name not in _SKIPPED_FOLDERS and not name.endswith(".egg-info")
        ]
        for name in folders:
            found[Path(folder, name).relative_to(str(root)).as_posix() + "/"] = FOLDER
        for name in files:
            path = Path(folder, name)
            try:
                status = path.stat()
            except OSError:
                continue
            found[path.relative_to(str(root)).as_posix()] = (status.st_size, status.st_mtime_ns)
        if len(found) > _MOST_FILES:
            break
    return found


def _put_file(root: Any, slot: str, value: Any) -> None:
    path = Path(str(root), slot)
    if isinstance(value, bytes):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value)
    elif value == FOLDER:
        path.mkdir(parents=True, exist_ok=True)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(str(path))
    elif path.exists():
        path.unlink()


def content(root: str, path: str) -> Any:
    """A file's bytes, or that it is a folder; MISSING where there is neither."""
    file = Path(root, path)
    return file.read_bytes() if file.is_file() else FOLDER if file.is_dir() else MISSING


def is_small(root: str, path: str) -> bool:
    """Whether a file, if there is one, is small enough to keep what it holds."""
    file = Path(root, path)
    return not file.is_file() or file.stat().st_size <= _LARGEST_FILE


def _folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "<a folder that is gone>"


def _numpy_random() -> Any:
    return sys.modules["numpy"].random if "numpy" in sys.modules else None


def _read_numpy() -> Any:
    found = _numpy_random()
    state = found.get_state() if found is not None else None
    return None if state is None else (state[0], state[1].tobytes(), *state[2:])


def _put_numpy(value: Any) -> None:
    found = _numpy_random()
    if found is not None and value is not None:
        found.set_state((value[0], sys.modules["numpy"].frombuffer(value[1], dtype="uint32"), *value[2:]))


def sow(seed: int) -> None:
    """Seeds what draws random numbers."""
    random.seed(seed)
    found = _numpy_random()
    if found is not None:
        found.seed(seed)


def _set_locale(value: Any) -> None:
    locale.setlocale(locale.LC_ALL, value)


# What only the system, or C code, knows: a name, how it is read, how it is put back.
SYSTEM: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "cwd": (_folder, os.chdir),
    "random": (random.getstate, random.setstate),
    "numpy.random": (_read_numpy, _put_numpy),
    "locale": (lambda: locale.setlocale(locale.LC_ALL), _set_locale),
    "timezone": (lambda: (time.tzname, time.timezone), lambda _: time.tzset()),
    "recursionlimit": (sys.getrecursionlimit, sys.setrecursionlimit),
    "sockettimeout": (socket.getdefaulttimeout, socket.setdefaulttimeout),
    "decimal": (lambda: repr(decimal.getcontext()), lambda _: decimal.setcontext(decimal.Context())),
}

_READ: dict[str, Callable[[Any], Mapping[str, Any]]] = {
    "module": lambda target: dict(vars(target)),
    "class": lambda target: dict(vars(target)),
    "instance": _read_object,
    "dict": _read_dict,
    "list": lambda target: {WHOLE: tuple(target)},
    "set": lambda target: {WHOLE: frozenset(target)},
    "deque": lambda target: {WHOLE: tuple(target)},
    "cache": lambda target: {WHOLE: target.cache_info().currsize},
    "files": _files,
    "system": lambda target: {WHOLE: SYSTEM[target][0]()},
}
_PUT: dict[str, Callable[[Any, str, Any], object]] = {
    "module": _put_object,
    "class": _put_class,
    "instance": _put_object,
    "dict": _put_dict,
    "list": _put_sequence,
    "set": _put_set,
    "deque": _put_sequence,
    "cache": lambda target, slot, value: target.cache_clear(),
    "files": _put_file,
    "system": lambda target, slot, value: SYSTEM[target][1](value),
}
