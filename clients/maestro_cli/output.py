"""What the commands print: JSON for programs, tables that fit 80 columns for people."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from rich.console import Console


# What would steer a terminal or turn a line's direction around: a test may print it, a reviewer must see it.
_CONTROL = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """A text from a project, with what a terminal would obey written out."""
    return _CONTROL.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


@cache
def out() -> Console:
    """Standard output: results."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 80)


@cache
def err() -> Console:
    """Standard error: how it goes."""
    from rich.console import Console

    return Console(highlight=False, stderr=True, width=None if sys.stderr.isatty() else 80)


def print_json(value: object) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def as_dict(message: Message) -> dict[str, object]:
    """A protobuf message as JSON values, with the contract's field names."""
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """A table, or a sentence where there are no rows. The first column gives way where it is narrow."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=False, ratio=None if number else 1)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    if table.row_count:
        out().print(table)
    else:
        out().print(empty)


def print_fields(fields: Mapping[str, str]) -> None:
    """Names and values, one pair a line."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        out().print(f"{name:<{width}}  {value}", soft_wrap=True, markup=False)


def short(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]
