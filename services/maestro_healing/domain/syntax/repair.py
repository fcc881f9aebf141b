"""Looks for the smallest edits after which a text compiles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maestro_healing.domain.syntax import brackets, indents, reference, signs, strings
from maestro_healing.domain.syntax.fault import Fault, fault_in
from maestro_healing.domain.syntax.python2 import modernized
from maestro_healing.domain.syntax.source import Edit, Source

_WIDTH = 12
_DEPTH = 8
_MOST_FOUND = 40
# One compilation of a file of this size is what the search may cost, times the number of tries.
_TRIES = 600
_MOST_CHARACTERS = 20_000_000
_PYTHON_2_COST = 0.5
_AS_AT_BASE = 0.6


@dataclass(frozen=True)
class Repair:
    """A text that compiles. `cost` grows with the number of edits and with how unlikely each is."""

    text: str
    cost: float
    is_python2: bool = False


def repairs(text: str, before: str | None) -> list[Repair]:
    """Texts that compile, the cheapest first; none where the fault is beyond a few edits.

    `before` is the file's text at base, where there is one.
    """
    known = before.replace("\r\n", "\n").split("\n") if before is not None else []
    fault = fault_in(text)
    if fault is None:
        return [Repair(text, 0.0)]
    budget = min(_TRIES, _MOST_CHARACTERS // max(len(text), 1))
    waiting: list[tuple[Repair, Fault]] = [(Repair(text, 0.0), fault)]
    found: list[Repair] = []
    seen = {text}
    for _ in range(_DEPTH):
        reached: list[tuple[Repair, Fault]] = []
        for repair, at in waiting:
            for changed in _changed(repair, at, known):
                if budget <= 0:
                    break
                if changed.text in seen:
                    continue
                seen.add(changed.text)
                budget -= 1
                rest = fault_in(changed.text)
                if rest is None:
                    found.append(changed)
                elif (rest.line, rest.column) > (at.line, at.column):
                    reached.append((changed, rest))
        if found or not reached or budget <= 0:
            break
        waiting = sorted(reached, key=lambda pair: (pair[0].cost, -pair[1].line))[:_WIDTH]
    return sorted(found, key=lambda repair: repair.cost)[:_MOST_FOUND]


def _changed(repair: Repair, fault: Fault, known: Sequence[str]) -> Iterator[Repair]:
    text = repair.text
    python3 = text if repair.is_python2 else modernized(text)
    if python3 != text:
        yield Repair(python3, repair.cost + _PYTHON_2_COST, is_python2=True)
    source = Source(text)
    lines = frozenset(known)
    for edit in sorted(_edits(source, fault, known), key=lambda edit: edit.cost):
        discount = _AS_AT_BASE if lines and _stands_at_base(edit, text, lines) else 0.0
        yield Repair(edit.apply(text), repair.cost + edit.cost - discount, repair.is_python2)


def _edits(source: Source, fault: Fault, known: Sequence[str]) -> Iterator[Edit]:
    for module in (brackets, strings, indents, signs):
        yield from module.edits(source, fault)
    yield from reference.edits(source, fault, known)


def _stands_at_base(edit: Edit, text: str, lines: frozenset[str]) -> bool:
    """Whether each line that the edit touches stands at base as it makes it."""
    changed = edit.apply(text)
    start = changed.rfind("\n", 0, edit.start) + 1
    stop = changed.find("\n", edit.start + len(edit.new))
    touched = changed[start : len(changed) if stop < 0 else stop].replace("\r\n", "\n").split("\n")
    return all(line in lines for line in touched)
