"""Parametrize lists and loops over data that have fewer rows than before."""

from collections import Counter
from collections.abc import Iterator

from maestro_healing.domain.guard.facts import Rows
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.pair import Pair
from maestro_healing.domain.guard.rules.weakening import Weakening


def find(pair: Pair) -> Iterator[tuple[Weakening, Counter[tuple[str, ...]]]]:
    """Each table that lost rows, with the rows that it lost."""
    rest = list(pair.new.tables)
    for before in pair.old.tables:
        now = _counterpart(before, rest)
        if now is None:
            continue
        rest.remove(now)
        if before.rows is None or now.rows is None:
            continue
        old, new = _live(before), _live(now)
        fallen = len(set(old)) - len(set(new))
        if fallen > 0:
            lost = Counter(set(old) - set(new))
            named = "; ".join(", ".join(row)[:60] for row in list(lost)[:3])
            text = f"{len(new)} of {len(old)} cases of {', '.join(before.names)} are left; gone: {named}"
            yield Weakening(Kind.CASES_REMOVED, now.place, text), lost


def _live(table: Rows) -> list[tuple[str, ...]]:
    return [row for i, row in enumerate(table.rows or ()) if i not in table.disabled]


def _counterpart(table: Rows, others: list[Rows]) -> Rows | None:
    """The table with the same names, or the one of the same owner with some of them."""
    for other in others:
        if other.names == table.names:
            return other
    shared = [o for o in others if set(o.names) & set(table.names)]
    return shared[0] if shared else None
