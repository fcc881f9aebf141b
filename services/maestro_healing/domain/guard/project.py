"""One side of a change: the test files as they were, or as they are."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from maestro_healing.domain.guard.marks import catches_failures
from maestro_healing.domain.guard.scope import always_fails
from maestro_healing.domain.guard.source import Function, Module, Role, last_name

_MATTERS = re.compile(
    r"assert|raises|warns|fail|check|skip|sleep|expect|verify|patch|validate", re.IGNORECASE
)
# By the names that pytest and unittest take unasked.
_COLLECTED = re.compile(r"test.*\.py$|.*_tests?\.py$")


class Project:
    """The modules of one side, and who calls what in them."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = {m.path: m for m in modules}

    def functions(self) -> Iterator[Function]:
        """All functions of all modules."""
        for module in self.modules.values():
            yield from module.functions.values()

    @cached_property
    def _by_name(self) -> dict[str, list[Function]]:
        names: dict[str, list[Function]] = {}
        for function in self.functions():
            names.setdefault(function.name, []).append(function)
        return names

    def matters(self, function: Function) -> bool:
        """Whether a helper may hold checks or anything else that the guard looks at."""
        return bool(_MATTERS.search(function.text))

    def helper(self, call: ast.Call, caller: Function) -> Function | None:
        """The function of the tests that a call reaches, where that is plain."""
        module = self.modules[caller.path]
        match call.func:
            case ast.Name(id=name):
                found = module.functions.get(name)
                if found is None and name in module.imports:
                    found = self._elsewhere(module.imports[name])
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr):
                found = self._method(module, caller.classes, attr)
            case ast.Attribute(value=ast.Name(id=owner), attr=attr):
                classes = (owner,) if owner in module.classes else ()
                found = self._method(module, classes, attr) if classes else None
                if (
                    found is None
                    and module.imports.get(owner, "").rsplit(".", 1)[-1].lstrip("@") in self._stems
                ):
                    found = self._elsewhere(attr)
            case _:
                return None
        return found if found is not None and found.role in (Role.HELPER, Role.TEST) else None

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(p.rsplit("/", 1)[-1].removesuffix(".py") for p in self.modules)

    def _elsewhere(self, name: str) -> Function | None:
        found = [f for f in self._by_name.get(name, ()) if not f.classes and f.role is Role.HELPER]
        return found[0] if len(found) == 1 else None

    def _method(self, module: Module, classes: Sequence[str], name: str) -> Function | None:
        for owner in self._lineage(module, classes):
            for function in self._by_name.get(name, ()):
                if function.classes[-1:] == (owner,):
                    return function
        return None

    def _lineage(self, module: Module, classes: Sequence[str]) -> list[str]:
        """A class and what it derives from, as far as that is in the change."""
        found, pending = [], list(classes[-1:])
        while pending:
            name = pending.pop(0)
            if name in found:
                continue
            found.append(name)
            for other in (module, *self.modules.values()):
                if name in other.classes:
                    pending += [last_name(b) for b in other.classes[name].bases]
                    break
        return found

    def called(self, function: Function) -> bool:
        """Whether a test of the same file calls the function."""
        module = self.modules[function.path]
        return any(function.name in f.words for f in module.functions.values() if f.role is Role.TEST)

    def collects(self, function: Function) -> bool:
        """Whether pytest or unittest would run the function as a test, were it in a file of theirs."""
        if function.role is not Role.TEST:
            return False
        classes = self.modules[function.path].classes
        for name in function.classes:
            node = classes.get(name)
            if node is None:
                continue
            named = name.startswith("Test") or bool(node.bases) or name in self._bases
            if not named or any(isinstance(s, ast.FunctionDef) and s.name == "__init__" for s in node.body):
                return False
        return True

    @cached_property
    def _bases(self) -> frozenset[str]:
        return frozenset(base for module in self.modules.values() for base in module.bases)

    def hides(self, function: Function) -> bool:
        """Whether the runner passes over its file by the file's name, and no other file imports it."""
        name = function.path.rsplit("/", 1)[-1]
        if _COLLECTED.match(name):
            return False
        top = function.classes[0] if function.classes else function.name
        others = (m for m in self.modules.values() if m.path != function.path)
        return not any(top in m.imports or name.removesuffix(".py") in m.text for m in others)

    def fixtures_of(self, function: Function) -> Iterator[str]:
        """Names of the fixtures that a test asks for."""
        yield from (p for p in function.parameters if p not in ("self", "cls"))
        for mark in function.node.decorator_list:
            if isinstance(mark, ast.Call) and last_name(mark) == "usefixtures":
                yield from (str(a.value) for a in mark.args if isinstance(a, ast.Constant))

    def surroundings(self, function: Function) -> Iterator[Function]:
        """Fixtures and set-up functions that run around a test, those that matter."""
        module = self.modules[function.path]
        lineage = set(self._lineage(module, function.classes))
        asked = set(self.fixtures_of(function))
        for other in self._around:
            local = other.path == module.path
            near = not other.classes or other.classes[-1] in lineage
            if other.role is Role.SETUP:
                reaches = near and (local or bool(other.classes))
            else:
                visible = local or other.path.endswith("conftest.py")
                reaches = visible and near and (other.name in asked or _autouse(other))
            if reaches:
                yield other

    @cached_property
    def _around(self) -> list[Function]:
        return [f for f in self.functions() if f.role in (Role.FIXTURE, Role.SETUP) and self.matters(f)]

    def swallows(self, node: ast.expr, caller: Function) -> bool:
        """Whether a context manager defined in the tests lets failures pass."""
        name = last_name(node)
        module = self.modules[caller.path]
        function = module.functions.get(name)
        if function is not None:
            tries = [n for n in ast.walk(function.node) if isinstance(n, ast.Try)]
            return any(catches_failures(h) and not always_fails(h.body) for t in tries for h in t.handlers)
        leave = module.functions.get(f"{name}::__exit__")
        return leave is not None and any(
            isinstance(n, ast.Return) and isinstance(n.value, ast.Constant) and n.value.value is True
            for n in ast.walk(leave.node)
        )


def _autouse(function: Function) -> bool:
    return any(
        k.arg == "autouse" and isinstance(k.value, ast.Constant) and k.value.value is True
        for d in function.node.decorator_list
        if isinstance(d, ast.Call)
        for k in d.keywords
    )
