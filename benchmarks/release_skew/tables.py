"""The tables of a run, and what is other than in an earlier one."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.release_skew.results import UNSEEN, RowResult
from maestro_healing.domain.model import Verdict

_LEAST_ROWS = 5  # a package with fewer is pooled with the others that have fewer
_POOL = "the rest"
_TITLE = (
    "rows", "in scope", "healed", "proposed", "refused", "unhealed", "unseen", "right", "wrong",
    "as authors'", "median s", "max s",
)  # fmt: skip


def show(rows: Sequence[RowResult]) -> Iterator[str]:
    """Counts by signal class and by package, then the shares."""
    yield from _table("signal", _grouped(rows, lambda row: row.signal))
    yield ""
    yield from _table("package", _packages(rows))
    yield ""
    yield from shares(rows)
    yield from _wrong(rows)


def compare(rows: Iterable[RowResult], earlier: Iterable[RowResult]) -> Iterator[str]:
    """One line for each row whose verdict or rightness is other than it was."""
    before = {row.key: row for row in earlier}
    for row in rows:
        old = before.get(row.key)
        if old is not None and (old.verdict, old.right) != (row.verdict, row.right):
            yield f"{row.package} {row.new} {row.test}: {_said(old)} -> {_said(row)}"


def _said(row: RowResult) -> str:
    return row.verdict if row.right is None else f"{row.verdict} {'right' if row.right else 'wrong'}"


def _grouped(rows: Iterable[RowResult], key: Callable[[RowResult], str]) -> dict[str, list[RowResult]]:
    groups: dict[str, list[RowResult]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(sorted(groups.items()))


def _packages(rows: Sequence[RowResult]) -> dict[str, list[RowResult]]:
    groups = _grouped(rows, lambda row: row.package)
    large = {name: found for name, found in groups.items() if len(found) >= _LEAST_ROWS}
    rest = [row for name, found in groups.items() if name not in large for row in found]
    return {**large, **({_POOL: rest} if rest else {})}


def _table(name: str, groups: dict[str, list[RowResult]]) -> Iterator[str]:
    every = [row for group in groups.values() for row in group]
    lines = [(name, *_TITLE), *((key, *_cells(found)) for key, found in groups.items())]
    lines.append(("all", *_cells(every)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *cells in lines:
        padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *padded])


def _cells(rows: Sequence[RowResult]) -> tuple[str, ...]:
    verdicts = [sum(row.verdict == verdict for row in rows) for verdict in (*Verdict, UNSEEN)]
    counts = [len(rows), sum(bool(row.scope) for row in rows), *verdicts]
    counts += [sum(row.right is value for row in rows) for value in (True, False)]
    counts.append(sum(row.equals_authors is True for row in rows))
    seconds = [row.seconds for row in rows if row.verdict != UNSEEN]
    times = (f"{statistics.median(seconds):.1f}", f"{max(seconds):.1f}") if seconds else ("-", "-")
    return (*map(str, counts), *times)


def shares(rows: Sequence[RowResult]) -> Iterator[str]:
    """What share is right, of all and of what is in scope: mean over packages, and of the rows."""
    packages = _packages(rows)
    slices = {name: [row for row in found if row.scope] for name, found in packages.items()}
    slices = {name: found for name, found in slices.items() if found}
    scope = [row for row in rows if row.scope]

    def healed(row: RowResult) -> bool:
        return row.right is True and row.verdict == Verdict.HEALED

    def right(row: RowResult) -> bool:
        return row.right is True

    yield f"in scope before patching: {_share(rows, lambda row: bool(row.scope))} of the rows"
    for said, test, groups, group in (
        ("right, all rows", right, packages, rows),
        ("right and HEALED, all rows", healed, packages, rows),
        ("right, in scope", right, slices, scope),
        ("right and HEALED, in scope", healed, slices, scope),
    ):
        shares = [_ratio(found, test) for found in groups.values()]
        mean = f"{statistics.mean(shares):.0%}" if shares else "-"
        yield f"{said}: {mean} mean over packages, {_share(group, test)} of the rows"
    comparable = [row for row in rows if row.right is not None and row.equals_authors is not None]
    equal = _share(comparable, lambda row: row.equals_authors is True)
    yield f"equal to the authors' fix: {equal} of the heals"


def _ratio(rows: Sequence[RowResult], test: Callable[[RowResult], bool]) -> float:
    return sum(map(test, rows)) / len(rows) if rows else 0.0


def _share(rows: Sequence[RowResult], test: Callable[[RowResult], bool]) -> str:
    return f"{_ratio(rows, test):.0%} ({sum(map(test, rows))} of {len(rows)})"


def _wrong(rows: Sequence[RowResult]) -> Iterator[str]:
    for row in rows:
        if row.right is False:
            yield f"wrong: {row.package} {row.new} {row.test} {row.verdict}: {row.complaint}"
