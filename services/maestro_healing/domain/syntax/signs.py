"""Signs that are missing, wrong, or no Python at all: colons, commas, `=` for `==`, typographic quotes."""

import re
from collections.abc import Iterator
from itertools import pairwise

from maestro_healing.domain.syntax.fault import Fault
from maestro_healing.domain.syntax.source import Edit, Source

_BLOCK = re.compile(
    r"\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b"
)
# What word processors and chat windows put in the place of what was typed.
_PLAIN = {
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'",
    "–": "-", "—": "-", "−": "-", "×": "*", "…": "...", "，": ",", "：": ":", "；": ";", "（": "(", "）": ")",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
}  # fmt: skip
_ODD = re.compile("[" + "".join(map(re.escape, _PLAIN)) + "]")


def edits(source: Source, fault: Fault) -> Iterator[Edit]:
    """What may have been meant where the compiler stopped, the likeliest first."""
    if "invalid character" in fault.message or "non-printable" in fault.message:
        yield from _plain(source, fault.line)
    for number in (fault.line, source.before(fault.line)):
        if _BLOCK.match(source.line(number)) and not source.line(number).rstrip().endswith(":"):
            at = source.code_stop(number)
            yield Edit(at, at, ":", 1.0)
    at = source.start(fault.line) + fault.column
    if fault.message.startswith("expected ':'"):
        yield Edit(at, at, ":", 1.2)
    yield from _assignments(source, fault)
    if "comma" in fault.message or fault.message.startswith("invalid syntax"):
        yield from _commas(source, fault.line)
        yield from _commas(source, source.before(fault.line))
    if fault.message.startswith(("invalid syntax", "expected", "illegal", "cannot")):
        for piece in source.pieces(fault.line):
            if piece.start <= at < piece.stop or piece.stop == at:
                yield Edit(piece.start, piece.stop, "", 1.9)


def _plain(source: Source, line: int) -> Iterator[Edit]:
    start, text = source.start(line), source.line(line)
    yield Edit(start, start + len(text), _ODD.sub(lambda m: _PLAIN[m[0]], text), 1.0)
    yield Edit(0, len(source.text), _ODD.sub(lambda m: _PLAIN[m[0]], source.text), 1.2)


def _assignments(source: Source, fault: Fault) -> Iterator[Edit]:
    """`assert a = b`."""
    if "==" not in fault.message and not re.match(r"\s*(?:assert|if|elif|while)\b", source.line(fault.line)):
        return
    for piece in source.pieces(fault.line):
        if piece.text == "=":
            yield Edit(piece.start, piece.stop, "==", 1.0)


def _commas(source: Source, line: int) -> Iterator[Edit]:
    pieces = source.pieces(line)
    for one, other in pairwise(pieces):
        if _ends_value(one.text) and _starts_value(other.text):
            yield Edit(one.stop, one.stop, ",", 1.2)
    if pieces and _ends_value(pieces[-1].text) and _starts_value(source.line(source.after(line)).strip()):
        yield Edit(pieces[-1].stop, pieces[-1].stop, ",", 1.1)


def _ends_value(piece: str) -> bool:
    return piece[-1] in ")]}'\"" or piece[-1].isalnum()


def _starts_value(text: str) -> bool:
    return bool(text) and (text[0] in "([{'\"" or text[0].isalnum())
