"""What became of the rows, with the fields that seeded breakages have, and the table made of it."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.columns import aligned
from benchmarks.release_skew.results import UNSEEN
from benchmarks.seeded import results as seeded
from maestro_healing.domain.model import Verdict

PASSED = "PASSED"
PLANTED = "planted"  # begins the kind of a row
_TITLES = (
    "", "rows", "healed", "proposed", "refused", "unhealed", "not shown", "unseen", "named", "right", "wrong",
    "share", "median s", "p95 s",
)  # fmt: skip


@dataclass(frozen=True)
class Result(seeded.Result):
    """One row: the `polluters` that were named for its `test`, and whether they are the right ones.

    A verdict beside the engine's: PASSED where no order that was tried showed it, UNSEEN where it could not
    be run at all.
    """

    test: str = ""
    polluters: tuple[str, ...] = ()
    is_named: bool = False

    @property
    def is_planted(self) -> bool:
        """Whether the dependence was planted, and not recorded in a real project."""
        return self.kind.startswith(PLANTED)


def show(results: Sequence[Result]) -> Iterator[str]:
    """Counts by project and by kind, then each row that is not healed right."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.kind].append(result)
    planted = [result for result in results if result.is_planted]
    groups |= {"all recorded": [r for r in results if r not in planted], "all planted": planted}
    groups["all"] = list(results)
    yield from aligned([_TITLES, *((name, *_cells(group)) for name, group in groups.items())])
    for result in results:
        if result.error:
            yield f"could not run: {result.name}\n{result.error}"
        elif result.right is not True:
            yield f"{result.verdict} {result.name} {result.test}: {result.said[:300]}"


def _cells(results: Sequence[Result]) -> tuple[str, ...]:
    counts = [len(results)]
    counts += [sum(r.verdict == verdict for r in results) for verdict in (*Verdict, PASSED, UNSEEN)]
    right = sum(r.right is True for r in results)
    counts += [sum(r.is_named for r in results), right, sum(r.right is False for r in results)]
    seconds = sorted(r.seconds for r in results if r.verdict in {*Verdict})
    if not seconds:
        return (*map(str, counts), f"{right / max(len(results), 1):.0%}", "-", "-")
    late = seconds[math.ceil(0.95 * len(seconds)) - 1]
    return (
        *map(str, counts),
        f"{right / len(results):.0%}",
        f"{statistics.median(seconds):.1f}",
        f"{late:.1f}",
    )
