"""Filters and orders of lists, on a real table."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    create_engine,
    insert,
    select,
)

from maestro_core.errors import InvalidArgument
from maestro_core.store.filters import conditions, order

TABLE = Table("things", MetaData(), Column("name", Text), Column("size", BigInteger), Column("good", Boolean))
COLUMNS = {column.name: column for column in TABLE.columns}
ROWS = [("ann", 1, True), ("bob", 2, False), ('o"hara', 3, True), ("a%b", 4, False)]


def names(expression: str) -> list[str]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.create(connection)
        connection.execute(insert(TABLE), [dict(zip(COLUMNS, row, strict=True)) for row in ROWS])
        found = connection.execute(select(TABLE.c.name).where(*conditions(expression, COLUMNS)))
        result = sorted(found.scalars())
    engine.dispose()
    return result


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ["a%b", "ann", "bob", 'o"hara']),
        ('name = "ann"', ["ann"]),
        ("name=bob", ["bob"]),
        ('name != "ann" AND size < 4', ["bob", 'o"hara']),
        ("size >= 2 AND size <= 3", ["bob", 'o"hara']),
        ('name = "o\\"hara"', ['o"hara']),
        ('name : "%"', ["a%b"]),
        ("good = true AND size > 1", ['o"hara']),
    ],
)
def test_a_filter_finds_what_it_says(expression: str, expected: list[str]) -> None:
    assert names(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "name",
        "name =",
        "secret = 1",
        'name = "a" OR size = 1',
        'name = "a" size = 1',
        "size = x",
        "good = 1",
        '"',
    ],
)
def test_what_is_no_filter_is_refused_with_its_field(expression: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        conditions(expression, COLUMNS)
    assert [one.field for one in caught.value.violations] == ["filter"]


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_refused(expression: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert all(isinstance(one, ColumnElement) for one in conditions(expression, COLUMNS))


def test_an_order_is_a_field_and_a_direction() -> None:
    assert order("size desc", COLUMNS) == (TABLE.c.size, True)
    assert order("name", COLUMNS) == (TABLE.c.name, False)
    for expression in ("", "size down", "secret", "size, name"):
        with pytest.raises(InvalidArgument):
            order(expression, COLUMNS)
