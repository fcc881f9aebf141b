"""Brackets that were left open, closed twice, or closed by another one."""

import builtins
import re
from collections.abc import Iterator

from maestro_healing.domain.syntax.fault import Fault
from maestro_healing.domain.syntax.source import CLOSERS, OPENERS, Edit, Piece, Source

_OPEN = re.compile(r"'(?P<opener>[(\[{])' was never closed")
_UNMATCHED = re.compile(r"unmatched '(?P<closer>[)\]}])'")
_OTHER = re.compile(r"closing parenthesis '(?P<closer>.)' does not match opening parenthesis '(?P<opener>.)'")
_STATEMENT = re.compile(
    r"\s*(?:def|class|assert|with|for|while|if|elif|else|try|return|import|from|@|async)\b"
)
_RELATIONS = {"==", "!=", "<", ">", "<=", ">=", "in", "is"}
_ENDS = _RELATIONS | {"and", "or", "not", "if", "else", ")", "]", "}"}
_MOST_LINES = 40


def edits(source: Source, fault: Fault) -> Iterator[Edit]:
    """Where a bracket may be missing, too many, or the wrong one."""
    if found := _OPEN.match(fault.message):
        at = source.start(fault.line) + fault.column
        yield from _closed(source, fault.line, at, CLOSERS[found["opener"]])
        yield Edit(at, at + 1, "", 2.0)
    elif found := _UNMATCHED.match(fault.message):
        at = source.start(fault.line) + fault.column
        yield Edit(at, at + 1, "", 1.0)
        for piece in source.pieces(fault.line):
            if piece.stop <= at:
                for place in _joints(piece, source):
                    yield Edit(place, place, OPENERS[found["closer"]], 0.9)
                yield Edit(piece.start, piece.start, OPENERS[found["closer"]], 1.6)
                yield Edit(piece.stop, piece.stop, OPENERS[found["closer"]], 1.5)
    elif found := _OTHER.match(fault.message):
        at = source.start(fault.line) + fault.column
        closer = CLOSERS[found["opener"]]
        yield Edit(at, at, closer, 1.0)
        yield Edit(at, at + 1, closer, 1.1)
        yield Edit(at, at + 1, "", 1.6)
        for piece in source.pieces(fault.line):
            if piece.stop < at:
                yield Edit(piece.stop, piece.stop, closer, 1.3)


def _cost(piece: str, following: str, is_assert: bool, is_next_last: bool) -> float:
    """How unlikely it is that a bracket ends between two words."""
    if piece in (",", ".", "=", "(", "[", "{", "==") or (not following and piece == ":"):
        return 1.8
    if is_assert and following in _RELATIONS:
        return 0.85
    likely = not following or following in _ENDS or (following == ":" and is_next_last)
    return 1.0 if likely else 1.4


def _joints(piece: Piece, source: Source) -> Iterator[int]:
    """Where a word is two of the file's words run together."""
    word = piece.text
    for at in range(1, len(word)) if word.isidentifier() and source.words[word] == 1 else ():
        if word[at:] in source.words and (word[:at] in source.words or hasattr(builtins, word[:at])):
            yield piece.start + at


def _closed(source: Source, line: int, opened: int, closer: str) -> Iterator[Edit]:
    """A closing bracket at each place where it may belong: line ends first, then between words."""
    yield Edit(opened + 1, opened + 1, closer, 1.3)
    last = source.after(line)
    while last <= len(source.lines) and last - line < _MOST_LINES and not _STATEMENT.match(source.line(last)):
        last = source.after(last)
    is_assert = source.line(line).lstrip().startswith("assert ")
    said = [n for n in range(line, last) if not source.is_blank(n)]
    for number in said:
        distance = 0.02 * (number - line)
        pieces = [piece for piece in source.pieces(number) if piece.start > opened]
        for index, piece in enumerate(pieces):
            following = pieces[index + 1].text if index + 1 < len(pieces) else ""
            at_end = not following
            cost = _cost(piece.text, following, is_assert, index + 2 == len(pieces))
            if at_end and number == said[-1]:
                cost -= 0.1
            yield Edit(piece.stop, piece.stop, closer, cost + distance)
        indent = source.indent(line)
        if number != line and len(source.indent(number)) <= len(indent):
            at = source.start(number)
            yield Edit(at, at, f"{indent}{closer}\n", 1.3 + distance)
    if said and said[-1] != line:
        at = source.start(said[-1]) + len(source.line(said[-1]))
        yield Edit(at, at, f"\n{source.indent(line)}{closer}", 1.15 + 0.02 * (said[-1] - line))
