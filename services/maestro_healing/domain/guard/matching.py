"""Which old test became which new one, also under another name, in another class or file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.source import Function, Role

_ALIKE = 0.6
_NEARLY = 0.9
_SAME_LINES = 0.4
_MOST_CANDIDATES = 400


@dataclass
class Matches:
    """Pairs of functions, and what only one side has."""

    pairs: list[tuple[Function, Function]] = field(default_factory=list)
    gone: list[Function] = field(default_factory=list)
    fresh: list[Function] = field(default_factory=list)


def match(old: Project, new: Project) -> Matches:
    """Tests by id, then by name, then by likeness; a test may turn up as a function that nothing collects."""
    result = Matches()
    before, after = _tests(old), _tests(new)
    rest_old = []
    for key, function in before.items():
        if key in after:
            result.pairs.append((function, after.pop(key)))
        else:
            rest_old.append(function)
    helpers = [f for f in new.functions() if f.role is Role.HELPER and not _known(f, old)]
    rest_new = list(after.values())
    for function in rest_old:
        found = (
            _named(function, rest_new, new)
            or _likest(function, rest_new, _ALIKE)
            or _likest(function, helpers, 0.8)
        )
        if found is None:
            result.gone.append(function)
            continue
        result.pairs.append((function, found))
        (rest_new if found in rest_new else helpers).remove(found)
    result.fresh = rest_new
    return result


def _tests(project: Project) -> dict[str, Function]:
    return {f.id: f for f in project.functions() if f.role is Role.TEST}


def _known(function: Function, project: Project) -> bool:
    module = project.modules.get(function.path)
    return module is not None and function.qualname in module.functions


def _named(function: Function, candidates: Sequence[Function], new: Project) -> Function | None:
    """The one of the same name elsewhere; where its class is still there it must be like it as well."""
    same = [c for c in candidates if c.name == function.name]
    near = [c for c in same if c.path == function.path or c.classes == function.classes]
    module = new.modules.get(function.path)
    stays = module is not None and bool(function.classes) and function.classes[-1] in module.classes
    return _likest(function, near or same, _ALIKE if stays else 0.0)


def _likest(function: Function, candidates: Sequence[Function], least: float) -> Function | None:
    if len(candidates) > _MOST_CANDIDATES:
        candidates = [c for c in candidates if c.path == function.path][:_MOST_CANDIDATES]
    scored = [(_overlap(function, c), -i) for i, c in enumerate(candidates)]
    if not scored:
        return None
    best, index = max(scored)
    return candidates[-index] if best >= least else None


def _overlap(one: Function, other: Function) -> float:
    """Share of the words in order, where lines are the same too: tests off one template differ there."""
    mine, theirs = one.shingles, other.shingles
    words = len(mine & theirs) / max(len(mine | theirs), 1)
    return words if words > _NEARLY or _lines(one, other) >= _SAME_LINES else 0.0


def _lines(one: Function, other: Function) -> float:
    mine, theirs = (frozenset(map(str.strip, f.text.split("\n"))) for f in (one, other))
    return len(mine & theirs) / max(min(len(mine), len(theirs)), 1)
