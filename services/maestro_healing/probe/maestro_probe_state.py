"""Tells which state a test leaves otherwise than it found it, and puts state back.

Works as `maestro_probe_conditions.json` beside it says: `order` (ids to run, in that order), `watched` and
`restored` (places; a watched `*` is all there is), `seed` (of `random`, for each test). Needs
nothing but the standard library and pytest >= 6.1; runs on Python >= 3.7.
"""

from __future__ import annotations

import collections
import json
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from maestro_healing.probe.maestro_probe_owners import (
        MISSING,
        SYSTEM,
        WHOLE,
        Owner,
        content,
        is_small,
        kind_of,
        same,
        sow,
    )
    from maestro_healing.probe.maestro_probe_values import Writer, text_of, type_name
else:  # beside it in one folder, where a job has it
    from maestro_probe_owners import MISSING, SYSTEM, WHOLE, Owner, content, is_small, kind_of, same, sow
    from maestro_probe_values import Writer, text_of, type_name

TEXT_LIMIT = 200
CHANGE_LIMIT = 60
_BUDGET = 60000
# How many steps from a module are followed: in the project, in what it installed, in Python's own library.
_DEPTHS = {"project": 7, "installed": 3, "library": 0}
_DEEP_LIBRARY = {"logging": 4, "os": 1, "sys": 1, "warnings": 1, "mimetypes": 2}
_OWN = (
    "_pytest", "pytest", "pluggy", "maestro_probe", "xdist", "_hypothesis", "hypothesis", "coverage",
)  # fmt: skip
_NOISE = {
    "__warningregistry__", "__builtins__", "__doc__", "__annotations__", "__weakref__", "__dict__",
    "_abc_impl", "_abc_cache", "_abc_registry", "_abc_negative_cache", "_abc_negative_cache_version",
    "__pycache__", "_cache", "last_type", "last_value", "last_traceback", "last_exc", "_lock", "__cached__",
    "__spec__", "__loader__",
    "__slotnames__", "tearDown_exceptions", "_classSetupFailed", "_class_cleanups",
}  # fmt: skip
_OPAQUE = (types.BuiltinFunctionType, types.MethodType, types.CodeType, types.FrameType, types.GeneratorType)


class Walk:
    """Finds the owners of state that can be reached from modules, each once."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._library = os.path.dirname(os.path.realpath(os.__file__))  # noqa: PTH120
        self._seen: set[int] = set()

    def owners(self) -> Iterator[Owner]:
        """All of them, the project's own first."""
        for name in SYSTEM:
            yield Owner(name, "system", name, ())
        yield Owner(self._root, "files", "files", ())
        modules = [(self._home(module), name, module) for name, module in list(sys.modules.items())]
        modules = [m for m in modules if m[0] and (m[0] == "project" or not m[1].startswith(_OWN))]
        self._seen = {id(module) for module in sys.modules.values()}
        for home, name, module in sorted(modules, key=lambda m: list(_DEPTHS).index(m[0])):
            depth = _DEEP_LIBRARY.get(name, _DEPTHS[home])
            yield from self._below(Owner(module, "module", name, ()), depth)

    def _home(self, module: Any) -> str:
        file = getattr(module, "__file__", None)
        if not issubclass(type(module), types.ModuleType):
            return ""
        if not isinstance(file, str):
            return "library"
        if "site-packages" in file or "dist-packages" in file:
            return "installed"
        path = os.path.realpath(file)
        if path.startswith(self._root + os.sep):
            return "project"
        return "library" if path.startswith(self._library) else "installed"

    def _below(self, first: Owner, depth: int) -> Iterator[Owner]:
        waiting = collections.deque([(first, depth)])
        left = _BUDGET
        while waiting and left > 0:
            owner, depth = waiting.popleft()
            left -= 1
            yield owner
            if depth == 0:
                continue
            for step, value in _parts(owner):
                kind = kind_of(value) if not issubclass(type(value), _OPAQUE) else ""
                if not kind or kind == "module" or id(value) in self._seen:
                    continue
                made_by = type(value).__module__ or ""
                if made_by.startswith(_OWN) and not made_by.startswith(first.module.partition(".")[0]):
                    continue
                if kind == "class" and value.__module__ != first.module:
                    continue  # seen from the module that defines it
                self._seen.add(id(value))
                waiting.append((Owner(value, kind, first.module, (*owner.steps, step)), depth - 1))


def _parts(owner: Owner) -> Iterator[tuple[str, Any]]:
    """What an owner leads to, and the step that leads there."""
    if owner.kind in ("module", "class", "instance"):
        for name, value in owner.read().items():
            if name not in _NOISE and not (name.startswith("__") and name != "__defaults__"):
                yield f".{name}", value.__func__ if type(value) in (staticmethod, classmethod) else value
                if type(value) is tuple:
                    yield from ((f".{name}[{i}]", part) for i, part in enumerate(value[:50]))
    elif owner.kind == "dict":
        for key, value in owner.read().items():
            if owner.module != "sys" and not key.startswith("<"):
                yield f"[{key}]", value
    elif owner.kind in ("list", "deque"):
        yield from ((f"[{number}]", value) for number, value in enumerate(list(owner.target)[:500]))


def place_of(owner: Owner, slot: str) -> str:
    """A slot's name, by which another process finds it."""
    return json.dumps([owner.module, owner.kind, list(owner.steps), slot])


def _resolve(place: str, root: str) -> tuple[Owner, str] | None:
    """The owner and slot of a name; None where there is no such thing now."""
    module, kind, steps, slot = json.loads(place)
    if kind == "system":
        return Owner(module, kind, module, ()), slot
    if kind == "files":
        return Owner(root, kind, module, ()), slot
    target: Any = sys.modules.get(module)
    try:
        for step in steps:
            target = _follow(target, step)
    except (AttributeError, LookupError, TypeError):
        return None
    return None if target is None else (Owner(target, kind, module, tuple(steps)), slot)


def _follow(target: Any, step: str) -> Any:
    if step.startswith("."):
        name, bracket, index = step[1:].partition("[")
        held = Owner(target, kind_of(target) or "instance", "", ()).read().get(name, MISSING)
        found: Any = getattr(target, name) if held is MISSING else held
        found = found.__func__ if type(found) in (staticmethod, classmethod) else found
        return found[int(index[:-1])] if bracket else found
    key = step[1:-1]
    if isinstance(target, (list, collections.deque)):
        return target[int(key)]
    return next(value for other, value in target.items() if repr(other) == key)


class Keeper:
    """Watches and restores around each test, and puts the tests in order."""

    def __init__(self, config: pytest.Config, write: Callable[[dict[str, object]], None]) -> None:
        wishes = json.loads(Path(__file__).with_name("maestro_probe_conditions.json").read_text("utf-8"))
        self._root = os.path.realpath(str(config.rootpath))
        self._order: Sequence[str] = wishes.get("order", ())
        self._watched: Sequence[str] = wishes.get("watched", ())
        self._restored: Sequence[str] = wishes.get("restored", ())
        self._seed: int | None = wishes.get("seed")
        self._write = write

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if not self._order:
            return
        places = {test: number for number, test in enumerate(self._order)}
        chosen = sorted((i for i in items if i.nodeid in places), key=lambda item: places[item.nodeid])
        dropped = [item for item in items if item.nodeid not in places]
        if dropped:
            config.hook.pytest_deselected(items=dropped)
        items[:] = chosen

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, None]:
        before = self._snapshot() if self._watched else []
        kept = list(self._kept())
        if self._seed is not None:
            sow(self._seed)
        yield
        if self._watched:
            changes = list(self._changes(before))
            if changes:
                self._write({"kind": "state", "id": text_of(item.nodeid), "changes": changes})
        for owner, slot, value in kept:
            self._put(owner, slot, value)

    def _snapshot(self) -> list[tuple[Owner, Any]]:
        if list(self._watched) == [WHOLE]:
            return [(owner, owner.read()) for owner in Walk(self._root).owners()]
        found = (_resolve(place, self._root) for place in self._watched)
        return [(f[0], {f[1]: f[0].read().get(f[1], MISSING)}) for f in found if f is not None]

    def _changes(self, before: list[tuple[Owner, Any]]) -> Iterator[dict[str, object]]:
        count = 0
        for owner, old in before:
            new = owner.read()
            slots = list(old) if list(self._watched) != [WHOLE] else [*old, *(s for s in new if s not in old)]
            for slot in slots:
                one, other = old.get(slot, MISSING), new.get(slot, MISSING)
                if same(one, other) or slot in _NOISE or _is_noise(owner, slot, one, other):
                    continue
                count += 1
                if count > CHANGE_LIMIT:
                    return
                yield self._described(owner, slot, one, other)

    def _described(self, owner: Owner, slot: str, before: Any, after: Any) -> dict[str, object]:
        module = sys.modules.get(owner.module)
        file = getattr(module, "__file__", None) or ""
        relative = os.path.relpath(os.path.realpath(file), self._root) if file else ""
        record: dict[str, object] = {
            "place": place_of(owner, slot),
            "module": owner.module,
            "file": relative.replace(os.sep, "/"),
            "kind": owner.kind,
            "steps": list(owner.steps),
            "slot": text_of(slot, TEXT_LIMIT),
            "type": type_name(type(owner.target)),
            "before": text_of(before, TEXT_LIMIT),
            "after": text_of(after, TEXT_LIMIT),
            "had": before is not MISSING,
            "has": after is not MISSING,
        }
        if owner.kind != "system" and after is not MISSING:
            plain = list(after) if type(after) is tuple and owner.kind in ("list", "deque") else after
            source = Writer({}, reprs=False).source(plain)
            if source is not None and "_opaque_" not in source:
                record["source"] = text_of(source)
        return record

    def _kept(self) -> Iterator[tuple[Owner, str, Any]]:
        """The owner, slot and value of each restored place that is there now."""
        for owner, slot in filter(None, (_resolve(place, self._root) for place in self._restored)):
            if owner.kind != "files":
                yield owner, slot, owner.read().get(slot, MISSING)
            elif is_small(self._root, slot):
                yield owner, slot, content(self._root, slot)

    def _put(self, owner: Owner, slot: str, value: Any) -> None:
        if owner.kind != "files" and same(owner.read().get(slot, MISSING), value):
            return
        try:
            owner.put(slot, value)
        except Exception as error:  # what cannot be put back explains nothing
            self._write({"kind": "unrestored", "place": place_of(owner, slot), "message": text_of(error)})


def _is_noise(owner: Owner, slot: str, before: Any, after: Any) -> bool:
    """Modules that are imported as tests run, and what the interpreter notes for itself."""
    if owner.module == "sys" and owner.steps == (".modules",):
        return before is MISSING
    if type(after) is types.ModuleType and before is MISSING:
        return owner.kind == "dict"
    if owner.module == "os" and "PYTEST_CURRENT_TEST" in slot:
        return True
    return owner.module == "sys" and slot in ("stdout", "stderr", "stdin", "path_importer_cache")
