"""The part of AIP-160 filters and AIP-132 orders that lists understand, as SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement

from maestro_core.errors import FieldViolation, InvalidArgument

_TERM = re.compile(
    r"""\s*(?P<name>[a-z_]+)\s*(?P<operator><=|>=|!=|=|<|>|:)\s*
    (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"()]+))\s*""",
    re.VERBOSE,
)
_AND = re.compile(r"AND\b")
_ORDER = re.compile(r"\s*(?P<name>[a-z_]+)(?:\s+(?P<direction>asc|desc))?\s*")


def wrong(field: str, description: str) -> InvalidArgument:
    """The error for a list parameter that cannot be understood."""
    return InvalidArgument(
        f"{field}: {description}",
        reason="LIST_PARAMETER_INVALID",
        violations=[FieldViolation(field, description)],
    )


def conditions(expression: str, columns: Mapping[str, Column[Any]]) -> list[ColumnElement[bool]]:
    """Comparisons joined by AND, e.g. `state = "READY" AND create_time > "2026-01-01"`.

    `:` finds text that contains the value. Raises InvalidArgument for anything else.
    """
    found: list[ColumnElement[bool]] = []
    position = 0
    while position < len(expression.rstrip()):
        if found:
            joined = _AND.match(expression, position)
            if joined is None:
                raise wrong("filter", f"expected AND at character {position + 1}")
            position = joined.end()
        term = _TERM.match(expression, position)
        if term is None:
            raise wrong("filter", f'expected a comparison such as name = "value" at character {position + 1}')
        found.append(_comparison(term, columns))
        position = term.end()
    return found


def _comparison(term: re.Match[str], columns: Mapping[str, Column[Any]]) -> ColumnElement[bool]:
    column = _column("filter", term["name"], columns)
    quoted = term["quoted"]
    value = _value(column, re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else term["bare"])
    match term["operator"]:
        case "=":
            return column == value
        case "!=":
            return column != value
        case "<":
            return column < value
        case "<=":
            return column <= value
        case ">":
            return column > value
        case ">=":
            return column >= value
        case _:
            return column.contains(str(value), autoescape=True)


def _value(column: Column[Any], text: str) -> object:
    kind = column.type.python_type
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError) as error:
        raise wrong("filter", f"{text!r} is not a value of {column.name}") from error


def order(expression: str, columns: Mapping[str, Column[Any]]) -> tuple[Column[Any], bool]:
    """The column to sort by, and whether downwards. Raises InvalidArgument."""
    match = _ORDER.fullmatch(expression)
    if match is None:
        raise wrong("order_by", "must be a field, and asc or desc")
    return _column("order_by", match["name"], columns), match["direction"] == "desc"


def _column(field: str, name: str, columns: Mapping[str, Column[Any]]) -> Column[Any]:
    if name not in columns:
        raise wrong(field, f"{name} cannot be used here; these can: {', '.join(sorted(columns))}")
    return columns[name]
