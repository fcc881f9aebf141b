"""Strings that do not end, or end too early."""

import re
from collections.abc import Iterator

from maestro_healing.domain.syntax.fault import Fault
from maestro_healing.domain.syntax.source import Edit, Source

_UNTERMINATED = re.compile(r"unterminated (?:f-)?(?P<triple>triple-quoted (?:f-string|string )?)?")
_QUOTE = re.compile(r"'''|\"\"\"|['\"]")
_TAIL = re.compile(r"[\s)\]},:]*(?:#.*)?$")
_CODE = re.compile(r"\s*(?:def |class |@|assert |import |from |return |with |for |if |async def |\w+ = )")
_TRIPLE = ('"""', "'''")
_MOST_LINES = 60
_MOST_OPENED = 3


def edits(source: Source, fault: Fault) -> Iterator[Edit]:
    """Ends for a string that has none, and quotes that were taken for its end."""
    if not _UNTERMINATED.match(fault.message):
        yield from _swallowed(source, fault.line)
        return
    line, start = source.line(fault.line), source.start(fault.line)
    found = _QUOTE.search(line, fault.column)
    if found is None:
        return
    if "triple" in fault.message:
        yield from _ended_below(source, fault.line, found[0])
        return
    quote = found[0]
    tail = _TAIL.search(line)
    ends = {len(line): 1.2}
    if tail is not None and tail.start() > found.start():
        for at in range(tail.start(), len(line)):
            ends[at] = 1.0 if at == tail.start() else 1.1
    for match in re.finditer(r"\s(?===|!=|in\b|and\b|or\b|[,)\]}:])|(?=[,)\]}:])", line):
        if match.start() > found.start():
            ends.setdefault(match.start(), 1.3)
    for at, cost in ends.items():
        yield Edit(start + at, start + at, quote, cost)
    other = "'" if quote == '"' else '"'
    for match in re.finditer(rf"{other}(?P<end>(?=\s*(?:[,)\]}}:]|==|$)))?", line):
        if match.start() > found.start():  # opened by one quote, closed by the other
            cost = 0.9 if match["end"] is not None and line.count(other) % 2 else 1.2
            yield Edit(start + match.start(), start + match.start() + 1, quote, cost)
    for match in re.finditer(r"(?<=[(\[{,=:])\s*(?=[^\s'\"])|^\s*(?=\w)", line[: found.start()]):
        yield Edit(start + match.end(), start + match.end(), quote, 1.2)
    yield Edit(start + found.start(), start + found.end(), "", 1.5)
    yield from _apostrophes(line, start, quote, found.start())


def _swallowed(source: Source, line: int) -> Iterator[Edit]:
    """A text of several lines that ended where the next one began: what follows reads as code."""
    odd = [n for n in range(line, 0, -1) if any(source.line(n).count(q) % 2 for q in _TRIPLE)]
    for number in odd[:_MOST_OPENED]:
        quote = next(q for q in _TRIPLE if source.line(number).count(q) % 2)
        yield from _ended_below(source, number, quote)


def _apostrophes(line: str, start: int, quote: str, opened: int) -> Iterator[Edit]:
    """`'don't'`: the quote inside is escaped, or stands for itself."""
    for match in re.finditer(rf"(?<=\w){quote}(?=\w)", line):
        yield Edit(start + match.start(), start + match.end(), f"\\{quote}", 1.1)
    for match in re.finditer(re.escape(quote), line[:opened]):
        yield Edit(start + match.start(), start + match.end(), f"\\{quote}", 1.6)


def _ended_below(source: Source, line: int, quote: str) -> Iterator[Edit]:
    """The end of a text of several lines: before what looks like code again, or at any line's end."""
    last = min(line + _MOST_LINES, len(source.lines))
    for number in range(line, last + 1):
        at = source.start(number) + len(source.line(number))
        following = source.line(number + 1)
        resumes = not following.strip() or bool(_CODE.match(following))
        cost = (1.0 if resumes else 1.4) + 0.01 * (number - line)
        yield Edit(at, at, quote, cost)
        if number > line and resumes:
            yield Edit(at, at, f"\n{source.indent(line)}{quote}", cost + 0.1)
    if source.line(line).count(quote[0]) >= 4:  # `""text"""`: one quote too few at one of both ends
        found = source.line(line).find(quote)
        at = source.start(line) + found
        yield Edit(at, at + 3, quote[0], 1.4)
