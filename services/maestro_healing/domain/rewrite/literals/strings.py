"""String literals with another text, written as the old ones were."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

import libcst as cst

_SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}
_CONTINUED = "\\\n"


def evaluated(node: cst.BaseExpression) -> str | bytes | None:
    """The value of a literal string or of adjacent ones; None where it is none, or has fields."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return node.evaluated_value
    return None


def restyled(node: cst.SimpleString | cst.ConcatenatedString, text: str | bytes) -> cst.BaseExpression | None:
    """The literal with another text; None where its parts can't be told from each other."""
    if isinstance(node, cst.SimpleString):
        return node.with_changes(value=quoted(text, node))
    parts = _parts(node)
    values = [part.evaluated_value for part in parts if isinstance(part, cst.SimpleString)]
    if len(values) != len(parts) or not isinstance(text, str):
        return None
    shares = distributed([str(value) for value in values], text)
    plain = [part for part in parts if isinstance(part, cst.SimpleString)]
    styles = [plain[min(number, len(plain) - 1)] for number in range(len(shares))]
    written = [
        style.with_changes(value=quoted(share, style))
        for share, style in zip(shares, styles, strict=True)
        if share
    ]
    return _concatenated(written, node) if written else plain[0].with_changes(value=quoted("", plain[0]))


def _parts(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(node, cst.ConcatenatedString):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]


def _concatenated(parts: Sequence[cst.SimpleString], like: cst.ConcatenatedString) -> cst.BaseExpression:
    result: cst.SimpleString | cst.ConcatenatedString = parts[-1]
    for part in reversed(parts[:-1]):
        result = cst.ConcatenatedString(part, result, whitespace_between=like.whitespace_between)
    return result.with_changes(lpar=like.lpar, rpar=like.rpar)


def distributed(pieces: Sequence[str], text: str) -> list[str]:
    """The text cut where the pieces of the old one met.

    Where each piece was a line, each line becomes one, so that there may be more or fewer of them.
    """
    if len(pieces) > 1 and all(piece.endswith("\n") and piece.count("\n") == 1 for piece in pieces[:-1]):
        return text.splitlines(keepends=True)
    cuts = [0]
    position = 0
    blocks = SequenceMatcher(None, "".join(pieces), text, autojunk=False).get_opcodes()
    for piece, following in pairwise(pieces):
        position += len(piece)
        cut = _between_words(_moved(position, blocks), text, piece[-1:] == " ", following[:1] == " ")
        cuts.append(max(cuts[-1], cut))
    cuts.append(len(text))
    return [text[start:stop] for start, stop in pairwise(cuts)]


def _between_words(cut: int, text: str, is_after_space: bool, is_before_space: bool) -> int:
    """The nearest place to cut at a space, where the old text was cut at one."""
    if is_before_space:
        places = [at for at, character in enumerate(text) if character == " "]
    elif is_after_space:
        places = [at + 1 for at, character in enumerate(text) if character == " "]
    else:
        return cut
    return min(places, key=lambda at: abs(at - cut), default=cut)


def _moved(position: int, blocks: Sequence[tuple[str, int, int, int, int]]) -> int:
    """Where a place between two characters of the old text lies in the new one."""
    for tag, start, stop, first, last in blocks:
        if start <= position <= stop and tag == "equal":
            return first + position - start
        if start < position < stop:
            return last
    later = (first for _, start, _, first, _ in blocks if start >= position)
    return next(later, blocks[-1][4] if blocks else 0)


def quoted(text: str | bytes, like: cst.SimpleString | None = None, quote: str = '"') -> str:
    """The text as a literal, in the quotes and manner of another one where there is one."""
    if isinstance(text, bytes):
        return _requoted(repr(text), (like.quote if like else quote)[0])
    prefix = like.prefix if like else ""
    quote = like.quote if like else quote
    if "b" in prefix:
        prefix = prefix.replace("b", "")
    if len(quote) == 3 and like is not None:
        return _tripled(text, like, prefix)
    if "r" in prefix and _fits_raw(text, quote):
        return f"{prefix}{quote}{text}{quote}"
    prefix = prefix.replace("r", "")
    quote = quote[0]
    other = "'" if quote == '"' else '"'
    if quote in text and other not in text:
        quote = other
    return f"{prefix}{quote}{_escaped(text, quote, _is_ascii(like))}{quote}"


def _is_ascii(like: cst.SimpleString | None) -> bool:
    """Whether a literal spells out by escapes what is not ASCII."""
    return like is not None and like.value.isascii() and not str(like.evaluated_value).isascii()


def _fits_raw(text: str, quote: str) -> bool:
    return text.isprintable() and quote not in text and not text.endswith("\\")


def _escaped(text: str, quote: str, is_ascii: bool) -> str:
    found = []
    for character in text:
        if character in _SHORT_ESCAPES:
            found.append(_SHORT_ESCAPES[character])
        elif character == quote:
            found.append(f"\\{character}")
        elif not character.isprintable() or (is_ascii and not character.isascii()):
            found.append(ascii(character)[1:-1])
        else:
            found.append(character)
    return "".join(found)


def _tripled(text: str, like: cst.SimpleString, prefix: str) -> str:
    """In triple quotes, lines as they are."""
    quote = like.quote
    opening = _CONTINUED if like.raw_value.startswith(_CONTINUED) else ""
    if "r" in prefix and "\\" in text and quote not in text and not text.endswith("\\"):
        return f"{prefix}{quote}{text}{quote}"
    lines = [_escaped(line, "", _is_ascii(like)) for line in text.split("\n")]
    body = "\n".join(lines).replace(quote, "\\" + quote)
    if body.endswith(quote[0]):
        body = f"{body[:-1]}\\{quote[0]}"
    return f"{prefix.replace('r', '')}{quote}{opening}{body}{quote}"


def _requoted(literal: str, quote: str) -> str:
    """A bytes literal in the preferred quotes, where it holds none of either."""
    inside = literal[2:-1]
    return literal if quote in inside or literal[1] == quote else f"b{quote}{inside}{quote}"
