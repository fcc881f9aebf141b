"""Elements of displays, put in and taken out with the commas and lines that stand around them."""

from collections.abc import Sequence
from typing import TypeVar, cast

import libcst as cst

Member = TypeVar("Member", bound=cst.BaseElement | cst.BaseDictElement)


def spliced(
    before: Sequence[Member], after: Sequence[Member], opening: cst.BaseParenthesizableWhitespace
) -> list[Member]:
    """The members of `after`, of which those of `before` keep their commas; `opening` follows the bracket."""
    inner = _inner_comma(before, opening)
    last = before[-1].comma if before else cst.MaybeSentinel.DEFAULT
    closed = []
    for member in after[:-1]:
        is_parted = isinstance(member.comma, cst.Comma) and (member.comma is not last or last is inner)
        closed.append(member if is_parted else _followed(member, inner))
    return [*closed, *(_followed(member, last) for member in after[-1:])]


def _followed(member: Member, comma: cst.Comma | cst.MaybeSentinel) -> Member:
    return cast("Member", member.with_changes(comma=comma))


def _inner_comma(before: Sequence[Member], opening: cst.BaseParenthesizableWhitespace) -> cst.Comma:
    """How the members are parted from each other."""
    plain = [m.comma for m in before[:-1] if isinstance(m.comma, cst.Comma)]
    for comma in reversed(plain):
        if not _has_comment(comma.whitespace_after):
            return comma
    if isinstance(opening, cst.ParenthesizedWhitespace) and before:
        return cst.Comma(whitespace_after=_without_comment(opening))
    after = plain[0].whitespace_after if plain else cst.SimpleWhitespace(" ")
    return cst.Comma(whitespace_after=_without_comment(after))


def _has_comment(whitespace: cst.BaseParenthesizableWhitespace) -> bool:
    return isinstance(whitespace, cst.ParenthesizedWhitespace) and (
        whitespace.first_line.comment is not None or any(line.comment for line in whitespace.empty_lines)
    )


def _without_comment(whitespace: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    if not isinstance(whitespace, cst.ParenthesizedWhitespace):
        return whitespace
    bare = cst.TrailingWhitespace(newline=whitespace.first_line.newline)
    return whitespace.with_changes(first_line=bare, empty_lines=())
