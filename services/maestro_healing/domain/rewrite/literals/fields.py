"""Strings with fields, for another text: the fields stay where their values stand in it."""

import ast
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.rewrite.literals.strings import distributed, evaluated, quoted, restyled

_PERCENT = re.compile(r"%(?:%|[sdr])")
_UNKNOWN = object()


@dataclass(frozen=True)
class Piece:
    """A stretch of text, or a field (as it stands in the template) with what it renders to."""

    text: str
    field: cst.BaseFormattedStringContent | str | None = None


def refilled(
    node: cst.BaseExpression, before: str, after: str, names: Mapping[str, object]
) -> cst.BaseExpression | None:
    """The f-string, or the template of `.format` or `%`, that renders to `after` where it did to `before`.

    None where a value can't be told from the names, or does not stand in the new text.
    """
    match node:
        case cst.FormattedString():
            return _f_string(node, before, after, names)
        case cst.Call(func=cst.Attribute(value=template, attr=cst.Name(value="format")), args=arguments):
            values = [_value(a.value, names) for a in arguments if a.keyword is None and not a.star]
            named = {a.keyword.value: _value(a.value, names) for a in arguments if a.keyword is not None}
            made = _template(template, _format_pieces(template, values, named), before, after, "{}")
            return node.with_deep_changes(node.func, value=made) if made else None
        case cst.BinaryOperation(left=template, operator=cst.Modulo(), right=right):
            given = [e.value for e in right.elements] if isinstance(right, cst.Tuple) else [right]
            values = [_value(value, names) for value in given]
            made = _template(template, _percent_pieces(template, values), before, after, "%")
            return node.with_changes(left=made) if made else None
    return None


def _f_string(
    node: cst.FormattedString, before: str, after: str, names: Mapping[str, object]
) -> cst.BaseExpression | None:
    pieces = [_piece(part, node, names) for part in node.parts]
    refitted = _refitted([p for p in pieces if p is not None], before, after) if all(pieces) else None
    if refitted is None:
        return None
    like = cst.SimpleString(f"{_prefix(node)}{node.end}{node.end}")
    parts: list[cst.BaseFormattedStringContent] = []
    for piece in refitted:
        if isinstance(piece.field, cst.BaseFormattedStringContent):
            parts.append(piece.field)
        elif piece.text:
            written = cst.SimpleString(quoted(_doubled(piece.text, "{}"), like))
            if written.quote != like.quote or written.prefix != like.prefix:
                return None  # it needs other quotes than the whole string has
            parts.append(cst.FormattedStringText(written.raw_value))
    return node.with_changes(parts=parts)


def _prefix(node: cst.FormattedString) -> str:
    return node.start.lower().replace("f", "").rstrip("'\"")


def _piece(
    part: cst.BaseFormattedStringContent, node: cst.FormattedString, names: Mapping[str, object]
) -> Piece | None:
    if isinstance(part, cst.FormattedStringText):
        try:
            text = str(ast.literal_eval(f"{_prefix(node)}{node.end}{part.value}{node.end}"))
        except (SyntaxError, ValueError):
            return None
        return Piece(text.replace("{{", "{").replace("}}", "}"))
    if not isinstance(part, cst.FormattedStringExpression) or part.format_spec or part.equal:
        return None
    return _field(_value(part.expression, names), part.conversion, part)


def _field(
    value: object, conversion: str | None, field: cst.BaseFormattedStringContent | str
) -> Piece | None:
    if value is _UNKNOWN or conversion == "a":
        return None
    return Piece(repr(value) if conversion == "r" else str(value), field)


def _template(
    node: cst.BaseExpression, pieces: Sequence[Piece] | None, before: str, after: str, doubled: str
) -> cst.BaseExpression | None:
    refitted = _refitted(pieces, before, after) if pieces is not None else None
    if refitted is None or not isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return None
    return restyled(node, "".join(str(p.field or _doubled(p.text, doubled)) for p in refitted))


def _doubled(text: str, characters: str) -> str:
    for character in characters:
        text = text.replace(character, character * 2)
    return text


def _format_pieces(
    node: cst.BaseExpression, values: Sequence[object], named: Mapping[str, object]
) -> list[Piece] | None:
    template = evaluated(node)
    if not isinstance(template, str):
        return None
    known = {**{str(number): value for number, value in enumerate(values)}, **named}
    pieces: list[Piece] = []
    number = 0
    for text, name, spec, conversion in string.Formatter().parse(template):
        pieces.append(Piece(text))
        if name is None:
            continue
        key = name or str(number)
        number += not name
        raw = f"{{{name}{'!' + conversion if conversion else ''}}}"
        field = _field(known.get(key, _UNKNOWN), conversion, raw) if not spec else None
        if field is None:
            return None
        pieces.append(field)
    return pieces


def _percent_pieces(node: cst.BaseExpression, values: Sequence[object]) -> list[Piece] | None:
    template = evaluated(node)
    if not isinstance(template, str):
        return None
    rest = iter(values)
    pieces: list[Piece] = []
    end = 0
    for found in _PERCENT.finditer(template):
        pieces.append(Piece(template[end : found.start()]))
        end = found.end()
        mark = found[0]
        field = Piece("%") if mark == "%%" else _field(next(rest, _UNKNOWN), mark[1], mark)
        if field is None:
            return None
        pieces.append(field)
    return [*pieces, Piece(template[end:])]


def _refitted(pieces: Iterable[Piece], before: str, after: str) -> list[Piece] | None:
    """The pieces for the new text; None where a field's value does not stand in it, in its order."""
    spread = _spread(pieces)
    if "".join(piece.text for piece in spread) != before:
        return None
    expected = distributed([piece.text for piece in spread], after)
    guesses = [sum(map(len, expected[:number])) for number in range(len(spread))]
    made: list[Piece] = []
    start = 0
    for piece, guess in zip(spread, guesses, strict=True):
        if piece.field is None:
            continue
        places = [at for at in range(start, len(after) + 1) if after.startswith(piece.text, at)]
        if not places:
            return None
        place = min(places, key=lambda at: abs(at - guess))
        made += [Piece(after[start:place]), piece]
        start = place + len(piece.text)
    return [*made, Piece(after[start:])]


def _spread(pieces: Iterable[Piece]) -> list[Piece]:
    """Text and fields by turns, text at both ends."""
    spread = [Piece("")]
    for piece in pieces:
        if piece.field is not None:
            spread += [piece, Piece("")]
        else:
            spread[-1] = Piece(spread[-1].text + piece.text)
    return spread


def _value(node: cst.BaseExpression, names: Mapping[str, object]) -> object:
    """What an expression stands for, where the names tell it."""
    match node:
        case cst.Name(value=name):
            return names.get(name, _UNKNOWN)
        case cst.SimpleString() | cst.ConcatenatedString():
            return evaluated(node)
        case cst.Integer():
            return node.evaluated_value
    return _UNKNOWN
