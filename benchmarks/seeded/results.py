"""What became of the cases, and the tables made of it."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.seeded.case import Truth
from maestro_healing.domain.model import Verdict

_TITLE = (
    "cases", "healed", "proposed", "refused", "unhealed", "right", "wrong", "false heals", "median s",
    "p95 s",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One case: `right` says whether its patches are, where there are any; `said` is what speaks against
    them, or the reason that was given; `seconds` is the healing's wall time, `own_seconds` that of one run
    of the tests as they are; `is_false_heal` says that something was applied that is wrong.
    """

    strategy: str
    kind: str
    number: int
    truth: str
    verdict: str
    healed_by: str
    right: bool | None
    said: str
    seconds: float
    is_false_heal: bool = False
    confidence: float = 0.0
    patch: str = ""
    evidence: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    own_seconds: float = 0.0
    error: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """What names the case."""
        return self.strategy, self.kind, self.number

    @property
    def name(self) -> str:
        """The same in words."""
        return " / ".join(map(str, self.key))


def show(results: Sequence[Result]) -> Iterator[str]:
    """Counts by strategy and by what is at fault, then each case that came out wrongly."""
    yield from _table("strategy", results, lambda result: result.strategy)
    yield ""
    yield from _table("at fault", results, lambda result: f"{result.strategy}, {result.truth}")
    for result in results:
        if result.right is False:
            yield f"{result.verdict.lower()}: {result.name}: {result.said}"
    for result in results:
        if result.truth == Truth.STALE and result.right is None:
            yield f"missed: {result.name}: {result.verdict} {result.said[:160]}"
    for result in results:
        if result.error:
            yield f"could not run: {result.name}\n{result.error}"


def compare(results: Iterable[Result], earlier: Iterable[Result]) -> Iterator[str]:
    """One line for each case whose verdict or rightness is other than it was."""
    before = {result.key: result for result in earlier}
    for result in results:
        old = before.get(result.key)
        if old is not None and (old.verdict, old.right) != (result.verdict, result.right):
            yield f"{result.name}: {old.verdict} {old.right} -> {result.verdict} {result.right}"


def _table(name: str, results: Sequence[Result], key: Callable[[Result], str]) -> Iterator[str]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    lines = [(name, *_TITLE), *((group, *_cells(found)) for group, found in sorted(groups.items()))]
    lines.append(("all", *_cells(results)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *cells in lines:
        padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *padded])


def _cells(results: Sequence[Result]) -> tuple[str, ...]:
    counts = [len(results), *(sum(r.verdict == verdict for r in results) for verdict in Verdict)]
    counts += [sum(r.right is value for r in results) for value in (True, False)]
    counts.append(sum(r.is_false_heal for r in results))
    seconds = sorted(r.seconds for r in results)
    if not seconds:
        return (*map(str, counts), "-", "-")
    late = seconds[math.ceil(0.95 * len(seconds)) - 1]
    return (*map(str, counts), f"{statistics.median(seconds):.1f}", f"{late:.1f}")
