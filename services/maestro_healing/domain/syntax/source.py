"""A broken text by lines and places: there is no tree to ask."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(r"[ \t]+|\w+|(?P<quote>'''|\"\"\"|['\"])|\*\*=?|//=?|[=!<>]=|->|:=|[^\w\s]")
INDENT = re.compile(r"[ \t]*")
CLOSERS = {"(": ")", "[": "]", "{": "}"}
OPENERS = {closer: opener for opener, closer in CLOSERS.items()}


@dataclass(frozen=True)
class Edit:
    """Characters `start` to `stop` of a text give way to `new`; `cost` says how unlikely that was meant."""

    start: int
    stop: int
    new: str
    cost: float

    def apply(self, text: str) -> str:
        """The text with the edit in it."""
        return text[: self.start] + self.new + text[self.stop :]


@dataclass(frozen=True)
class Piece:
    """A word or a sign of a line; a string is one piece where it ends on its line."""

    text: str
    start: int
    stop: int


class Source:
    """A text with the places of its lines. Lines count from 1, as the compiler counts them."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends."""
        return [line.removesuffix("\r") for line in self.text.split("\n")]

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        found, at = [], 0
        for line in self.text.split("\n"):
            found.append(at)
            at += len(line) + 1
        return found

    @cached_property
    def words(self) -> Counter[str]:
        """Every word of the text, and how often it stands there."""
        return Counter(re.findall(r"\w+", self.text))

    def line(self, number: int) -> str:
        """One line; empty beyond the ends."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def start(self, number: int) -> int:
        """Where a line begins."""
        return self.starts[min(max(number, 1), len(self.starts)) - 1]

    def is_blank(self, number: int) -> bool:
        """Whether nothing but space or a comment stands there."""
        return not self.line(number).split("#")[0].strip()

    def indent(self, number: int) -> str:
        """What a line begins with."""
        found = INDENT.match(self.line(number))
        return found[0] if found else ""

    def width(self, number: int) -> int:
        """How far a line is indented."""
        return len(self.indent(number).expandtabs(8))

    def before(self, number: int) -> int:
        """The nearest line before one that says something; 0 where there is none."""
        return next((n for n in range(number - 1, 0, -1) if not self.is_blank(n)), 0)

    def after(self, number: int) -> int:
        """The nearest line after one that says something; one past the last where there is none."""
        return next((n for n in range(number + 1, len(self.lines) + 1) if not self.is_blank(n)),
                    len(self.lines) + 1)  # fmt: skip

    def pieces(self, number: int) -> list[Piece]:
        """Words and signs of a line, comments left out."""
        return list(_pieces(self.line(number), self.start(number)))

    def code_stop(self, number: int) -> int:
        """Where the code of a line ends, before space and comment."""
        pieces = self.pieces(number)
        return pieces[-1].stop if pieces else self.start(number) + len(self.indent(number))


def _pieces(line: str, base: int) -> Iterator[Piece]:
    at = 0
    while at < len(line):
        found = _TOKEN.match(line, at)
        if found is None or found[0] == "#":
            return
        stop = found.end()
        if found["quote"]:
            end = _string_end(line, stop, found["quote"])
            stop = end or stop
        if not found[0].isspace():
            yield Piece(line[at:stop], base + at, base + stop)
        at = stop


def _string_end(line: str, at: int, quote: str) -> int | None:
    while at < len(line):
        if line[at] == "\\":
            at += 2
        elif line.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return None
