"""Checks of a test that is fed by rows, written out row by row.

So a loop, a parametrize mark and plain repeated assertions come to the same.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from maestro_healing.domain.guard.facts import Check, Facts, Rows

_MOST = 2000


def instances(check: Check, facts: Facts) -> Sequence[Check]:
    """The check for each row that feeds it; empty where no countable row does."""
    current = [check]
    fed = False
    for table in facts.tables:
        if table.rows is None or len(current) * len(table.rows) > _MOST:
            continue
        if not any(_mentions(check, name) for name in table.names):
            continue
        fed = True
        current = [_filled(c, table, row) for c in current for row in table.rows]
    return current if fed else ()


def expanded(facts: Facts) -> Iterator[Check]:
    """Every check as it stands, and each again for each of its rows."""
    for check in facts.checks:
        yield check
        yield from instances(check, facts)


def _mentions(check: Check, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", check.key) is not None


def _filled(check: Check, table: Rows, row: tuple[str, ...]) -> Check:
    key = check.key
    if len(row) == len(table.names):
        values = dict(zip(table.names, row, strict=True))
        pattern = "|".join(re.escape(n) for n in table.names)
        key = re.sub(
            rf"‹({pattern})›|(?<![\w.'\"])\b({pattern})\b(?!['\"=(])", lambda m: values[m[1] or m[2]], key
        )
    return replace(check, key=_sorted(key))


def _sorted(key: str) -> str:
    """The key with the sides of a symmetric relation in order."""
    op, *sides = key.split("|")
    if op in ("==", "!=", "is", "is not", "same_items") and len(sides) == 2:
        sides.sort()
    return "|".join((op, *sides))
