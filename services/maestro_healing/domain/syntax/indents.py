"""Lines that stand too far in or out, and tabs among spaces."""

import re
from collections.abc import Iterable, Iterator

from maestro_healing.domain.syntax.fault import Fault
from maestro_healing.domain.syntax.source import INDENT, Edit, Source

_TAB_SIZES = (8, 4)
_HEAD = re.compile(r"\s*(?:@|(?:async\s+)?(?:def|class)\b)")
_MOST_ENDS = 24


def edits(source: Source, fault: Fault) -> Iterator[Edit]:
    """Blocks that are moved in or out, as what is around them demands."""
    if fault.header:
        yield from _moved_in(source, fault)
    elif fault.message.startswith("unexpected indent"):
        yield from _moved_out(source, fault.line)
    elif fault.message.startswith("unindent does not match"):
        yield from _aligned(source, fault.line)
    elif "tabs and spaces" in fault.message:
        yield from _expanded(source, fault.line)
    elif "outside function" in fault.message or "not properly in loop" in fault.message:
        previous = source.before(fault.line)
        yield from _shifts(source, fault.line, source.indent(previous))


def _moved_in(source: Source, fault: Fault) -> Iterator[Edit]:
    """The block that a header wants is what follows it too far out."""
    first = fault.line if fault.line != fault.header else source.after(fault.header)
    outer = source.width(fault.header)
    indent = source.indent(fault.header) + _step(source)
    ends = {first}
    number = first
    while number <= len(source.lines) and source.width(number) <= outer:
        following = source.after(number)
        if following - number > 1 or _HEAD.match(source.line(following)) or following > len(source.lines):
            ends.add(number)
        if following <= len(source.lines) and source.width(following) > outer:
            ends.add(number)
            while following <= len(source.lines) and source.width(following) > outer:
                following = source.after(following)
            ends.add(source.before(following))
        number = following
        if len(ends) > _MOST_ENDS:
            break
    for end in sorted(ends):
        yield _shift(source, range(first, end + 1), indent, 1.0 + 0.01 * (end - first))


def _moved_out(source: Source, line: int) -> Iterator[Edit]:
    previous = source.before(line)
    yield from _shifts(source, line, source.indent(previous))
    for outer in _outer(source, previous):
        yield from _shifts(source, line, outer, 1.3)


def _aligned(source: Source, line: int) -> Iterator[Edit]:
    """The line joins one of the blocks above it; or those just above were the ones off."""
    previous = source.before(line)
    for rank, indent in enumerate(_outer(source, line)):
        yield from _shifts(source, line, indent, 1.0 + 0.1 * rank)
    first = previous
    while source.before(first) and source.width(source.before(first)) >= source.width(previous):
        first = source.before(first)
    yield _shift(source, range(first, previous + 1), source.indent(line), 1.3)


def _outer(source: Source, line: int) -> list[str]:
    """How the blocks around a line are indented, the nearest first."""
    found: dict[str, None] = {}
    limit = source.width(line) + 16
    number = source.before(line)
    while number:
        if source.width(number) < limit:
            limit = source.width(number)
            found[source.indent(number)] = None
        number = source.before(number) if limit else 0
    return sorted(found, key=lambda indent: abs(len(indent.expandtabs(8)) - source.width(line)))


def _shifts(source: Source, line: int, indent: str, cost: float = 1.0) -> Iterator[Edit]:
    """The line alone, and with all that stands at least as far in below it."""
    end = line
    while source.after(end) <= len(source.lines) and source.width(source.after(end)) >= source.width(line):
        end = source.after(end)
    for last in sorted({line, end}):
        yield _shift(source, range(line, last + 1), indent, cost + 0.02 * (last - line))


def _shift(source: Source, lines: Iterable[int], indent: str, cost: float) -> Edit:
    """Moves lines so that the first has the given indentation and the others keep theirs beside it."""
    numbers = list(lines)
    first = source.indent(numbers[0])
    moved = []
    for number in numbers:
        line = source.line(number)
        own = source.indent(number)
        rest = own[len(first) :] if own.startswith(first) else ""
        moved.append(indent + rest + line[len(own) :] if line.strip() else line)
    start = source.start(numbers[0])
    stop = source.start(numbers[-1]) + len(source.line(numbers[-1]))
    end = "\r\n" if source.text.startswith("\r\n", stop - 0) or "\r\n" in source.text else "\n"
    return Edit(start, stop, end.join(moved), cost)


def _expanded(source: Source, line: int) -> Iterator[Edit]:
    """Tabs become spaces: in the line, in its function, in the file."""
    first = line
    while first > 1 and (source.is_blank(first) or source.width(first) > 0):
        first -= 1
    last = line
    while last < len(source.lines) and (source.is_blank(last + 1) or source.width(last + 1) > 0):
        last += 1
    for numbers, cost in ((range(line, line + 1), 1.0), (range(first, last + 1), 1.1),
                          (range(1, len(source.lines) + 1), 1.2)):  # fmt: skip
        for size in _TAB_SIZES:
            yield _respaced(source, numbers, size, cost + (0 if size == _TAB_SIZES[0] else 0.05))


def _respaced(source: Source, numbers: range, size: int, cost: float) -> Edit:
    start = source.start(numbers[0])
    stop = source.start(numbers[-1]) + len(source.line(numbers[-1]))
    lines = source.text[start:stop].split("\n")
    return Edit(start, stop, "\n".join(_spaced(line, size) for line in lines), cost)


def _spaced(line: str, size: int) -> str:
    found = INDENT.match(line)
    indent = found[0] if found else ""
    return indent.expandtabs(size) + line[len(indent) :]


def _step(source: Source) -> str:
    """One more level, as the file writes it."""
    indents = [source.indent(n) for n in range(1, len(source.lines) + 1) if not source.is_blank(n)]
    if any(indent.startswith("\t") for indent in indents):
        return "\t"
    widths = [len(indent) for indent in indents if indent]
    return " " * min(widths, default=4)
