"""What a change reaches: tests whose own text stands as it was, but not that of what they use."""

from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.source import Function, Module, Role


class Touched:
    """The names whose meaning differs between both sides."""

    def __init__(self, old: Project, new: Project) -> None:
        self._names: set[str] = set()
        self._everything: set[str] = set()
        for path in {*old.modules, *new.modules}:
            self._compare(path, old.modules.get(path), new.modules.get(path))
        self._spread(new)

    def reaches(self, function: Function) -> bool:
        """Whether a test may do something else than before."""
        if function.path in self._everything or "" in self._everything:
            return True
        return not self._names.isdisjoint(function.words) or not self._names.isdisjoint(function.classes)

    def _compare(self, path: str, old: Module | None, new: Module | None) -> None:
        before, after = (old.definitions if old else {}), (new.definitions if new else {})
        differing = {n for n in {*before, *after} if before.get(n) != after.get(n)}
        imports_before, imports_after = (old.imports if old else {}), (new.imports if new else {})
        if old is not None and new is not None:
            differing |= {n for n, m in imports_after.items() if imports_before.get(n, m) != m}
        differing |= {n.rpartition(".")[2] for n in differing}
        around = False
        functions_before, functions_after = (old.functions if old else {}), (new.functions if new else {})
        for key in {*functions_before, *functions_after}:
            one, other = functions_before.get(key), functions_after.get(key)
            if one is not None and other is not None and one.text == other.text:
                continue
            present = other or one
            if present is not None and present.role is not Role.TEST:
                differing.add(present.name)
                around |= present.role in (Role.SETUP, Role.FIXTURE)
        if around or "pytestmark" in differing or _module_marks(old) != _module_marks(new):
            self._everything.add("" if path.endswith("conftest.py") else path)
        self._names |= {
            n for n in differing if n not in functions_after or functions_after[n].role is not Role.TEST
        }

    def _spread(self, new: Project) -> None:
        """Helpers that use what differs differ too."""
        helpers = [f for f in new.functions() if f.role is not Role.TEST]
        growing = bool(self._names)
        while growing:
            more = {
                f.name for f in helpers if f.name not in self._names and not self._names.isdisjoint(f.words)
            }
            self._names |= more
            growing = bool(more)


def _module_marks(module: Module | None) -> int:
    """How often the module skips itself as a whole."""
    return (
        0 if module is None else module.text.count("importorskip") + module.text.count("allow_module_level")
    )
