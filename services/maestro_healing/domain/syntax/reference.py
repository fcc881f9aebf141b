"""What stood in a file's place at base."""

import difflib
from collections.abc import Iterator, Sequence

from maestro_healing.domain.syntax.fault import Fault
from maestro_healing.domain.syntax.source import Edit, Source

_NEAR = 3
_FEW = 6


def edits(source: Source, fault: Fault, reference: Sequence[str]) -> Iterator[Edit]:
    """Takes back what changed since base around the fault: a line, or all that changed there."""
    if not reference:
        return
    matcher = difflib.SequenceMatcher(None, reference, source.lines, autojunk=False)
    low, high = min(fault.line, fault.header or fault.line) - _NEAR, fault.line + _NEAR
    changes = [opcode for opcode in matcher.get_opcodes() if opcode[0] != "equal"]
    for _, old, old_stop, new, new_stop in changes:
        # A string that does not end shows far below its beginning.
        if new + 1 > high or (new_stop + 1 < low and len(changes) > _FEW):
            continue
        size = max(old_stop - old, new_stop - new)
        if old_stop - old == new_stop - new:
            for offset in range(size):
                yield _replaced(
                    source, new + offset, new + offset + 1, reference[old + offset : old + offset + 1], 0.9
                )
        yield _replaced(source, new, new_stop, reference[old:old_stop], 1.2 + min(0.05 * size, 1.0))


def _replaced(source: Source, first: int, stop: int, lines: Sequence[str], cost: float) -> Edit:
    """Lines `first` to `stop` (from 0) give way to others."""
    end = "\r\n" if "\r\n" in source.text else "\n"
    start = source.starts[first] if first < len(source.starts) else len(source.text)
    finish = source.starts[stop] if stop < len(source.starts) else len(source.text)
    return Edit(start, finish, "".join(line + end for line in lines), cost)
