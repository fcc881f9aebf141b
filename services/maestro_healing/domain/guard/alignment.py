"""Which old check became which new one inside a test."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from maestro_healing.domain.guard.facts import Check

_RELATED = 1.0
_MOST_PAIRS = 40_000


@dataclass
class Alignment:
    """Pairs of the same check, pairs that say something else of the same matter, and what is left."""

    same: list[tuple[Check, Check]] = field(default_factory=list)
    changed: list[tuple[Check, Check]] = field(default_factory=list)
    lost: list[Check] = field(default_factory=list)
    gained: list[Check] = field(default_factory=list)


def effective(check: Check) -> bool:
    """Whether the check can fail the test at all."""
    context = check.context
    return not (check.hollow or context.dead or context.swallowed)


def valuable(check: Check) -> bool:
    """Whether the check was worth something where it stood."""
    return effective(check) or (check.reflexive and not check.context.dead and not check.context.swallowed)


def align(old: Sequence[Check], new: Sequence[Check]) -> Alignment:
    """Equal checks first, then the most alike."""
    result = Alignment()
    available: dict[str, list[Check]] = defaultdict(list)
    for check in sorted(new, key=_rank):
        available[check.key].append(check)
    rest_old = []
    for check in sorted(old, key=_rank):
        if available[check.key]:
            result.same.append((check, available[check.key].pop(0)))
        else:
            rest_old.append(check)
    rest_new = [c for found in available.values() for c in found]
    rest_old.sort(key=lambda c: c.place.line)
    rest_new.sort(key=lambda c: c.place.line)
    _closest(rest_old, rest_new, result)
    return result


def _rank(check: Check) -> tuple[bool, int, int]:
    return (not effective(check), len(check.context.conditions), check.place.line)


def _closest(old: list[Check], new: list[Check], result: Alignment) -> None:
    scores = []
    for i, before in enumerate(old):
        for j in _near(i, len(old), len(new)):
            score = likeness(before, new[j])
            if score >= _RELATED:
                scores.append((-score, abs(i - j), i, j))
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    for _, _, i, j in sorted(scores):
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            result.changed.append((old[i], new[j]))
    result.lost = [c for i, c in enumerate(old) if i not in taken_old]
    result.gained = [c for j, c in enumerate(new) if j not in taken_new]


def _near(i: int, old: int, new: int) -> range:
    """The new checks that an old one is compared with: all, or of very many those at about its place."""
    if old * new <= _MOST_PAIRS:
        return range(new)
    around, middle = _MOST_PAIRS // (2 * old) + 1, i * new // old
    return range(max(0, middle - around), min(new, middle + around))


def closest(lost: Sequence[Check], gained: Sequence[Check]) -> Iterator[tuple[Check, Check | None]]:
    """Each lost check with the likeliest of the gained ones in its stead; None where they are used up."""
    if len(lost) * len(gained) > _MOST_PAIRS:
        yield from zip_longest(lost, gained[: len(lost)])
        return
    rest = list(gained)
    for check in sorted(lost, key=lambda c: -max((likeness(c, g) for g in gained), default=0.0)):
        best = max(rest, key=lambda g: likeness(check, g), default=None)
        if best is not None:
            rest.remove(best)
        yield check, best


def likeness(old: Check, new: Check) -> float:
    """How much two checks are about the same matter; 1 and more is related."""
    if (old.exceptions is None) != (new.exceptions is None):
        return 0.0
    score = 0.0
    if old.subject == new.subject:
        score += 3.0
    elif old.written and old.written == new.written:
        score += 2.0
    elif len(old.subject) > 2 and (old.subject in new.subject or old.subject in new.expected):
        score += 1.5
    elif len(new.subject) > 2 and new.subject in old.subject:
        score += 1.0
    union = old.words | new.words
    score += 1.5 * len(old.words & new.words) / max(len(union), 1)
    if old.expected and old.expected == new.expected:
        score += 0.5
    if old.exceptions is not None:
        score += 0.6
    return score + (0.2 if old.op == new.op else 0.0)
