"""Which old test became which new one, also under another name, in another class or file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.source import Function, Role

_ALIKE = 0.6
_MOST_CANDIDATES = 400
_WORDS = re.compile(r"\w+|[^\w\s]")


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
            _named(function, rest_new)
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


def _named(function: Function, candidates: Sequence[Function]) -> Function | None:
    """The one of the same name elsewhere."""
    same = [c for c in candidates if c.name == function.name]
    if len(same) > 1:
        same = [c for c in same if c.path == function.path or c.classes == function.classes] or same
    return same[0] if len(same) == 1 else _likest(function, same, 0.0)


def _likest(function: Function, candidates: Sequence[Function], least: float) -> Function | None:
    if not candidates or len(candidates) > _MOST_CANDIDATES:
        candidates = [c for c in candidates if c.path == function.path][:_MOST_CANDIDATES]
    mine = _bag(function)
    scored = [(_overlap(mine, _bag(c)), -i) for i, c in enumerate(candidates)]
    if not scored:
        return None
    best, index = max(scored)
    return candidates[-index] if best >= least else None


def _bag(function: Function) -> frozenset[str]:
    """Words of the body with their order, as pairs of neighbours."""
    words = _WORDS.findall(function.text.split(":", 1)[-1])
    return frozenset(a + " " + b for a, b in pairwise(words))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)
