"""Whether a heal is right, checked without asking the engine that made it."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.release_skew.authors import says_the_same
from benchmarks.release_skew.heal import Healing
from benchmarks.release_skew.oracle import Bench, Oracle, passes
from benchmarks.release_skew.repository import Places
from benchmarks.release_skew.results import FAILS, OTHERWISE
from benchmarks.release_skew.rows import Pair, Row
from maestro_cli.heal.patching import changed
from maestro_healing.domain.guard import FileChange, Finding, check_change
from maestro_healing.domain.model import Verdict
from maestro_healing.domain.mutation import MutationCheck
from maestro_healing.domain.mutation.kept import Kept
from maestro_healing.domain.ports import Side
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import Project


@dataclass(frozen=True)
class Truth:
    """`passes` on the new code. `as_authors_on_old`: on the old code it does what the authors' version does
    there: fails where the behaviour changed, passes where it did not; None where theirs can't be run there.
    `weakened` is what the guard finds. `equals_authors`: the same statements as the authors' own fix.
    `kept` is what it kills of the mutants that the old test killed, where that was tried.
    """

    passes: bool
    as_authors_on_old: bool | None
    weakened: tuple[str, ...]
    equals_authors: bool | None
    kept: Kept

    @property
    def is_right(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.complaint

    @property
    def complaint(self) -> str:
        """What speaks against it."""
        if not self.passes:
            return FAILS
        # what else is edited in the file may fail there, too
        if self.as_authors_on_old is False and not self.equals_authors:
            return OTHERWISE
        return "; ".join(self.weakened) or ("" if self.kept.holds else self.kept.loss)


async def judge(
    pair: Pair,
    places: Places,
    known: Oracle,
    healing: Healing,
    verdicts: Mapping[str, Verdict],
    mutation_seconds: float,
) -> dict[str, Truth]:
    """Of each row that was HEALED or PROPOSED, with the patch of its verdict in place."""
    bench = Bench(pair, places, known.pytest_args)
    root = places.repository
    found: dict[str, Truth] = {}
    for verdict, patch in healing.patches.items():
        rows = [row for row in pair.rows if verdicts.get(row.test) is verdict]
        if not rows:
            continue
        overlay = changed(patch, lambda path: (root / path).read_bytes())
        new = await bench.run(Side.HEAD, overlay, rows)
        old = await bench.run(Side.BASE, overlay, rows)
        changes = [FileChange.decode(p, (root / p).read_bytes(), text) for p, text in overlay.items()]
        weakenings = check_change(changes)
        check = MutationCheck(
            bench.runner, Project(places.head, places.base), known.pytest_args, mutation_seconds
        )
        kept = await check.judge({row.test: _cases(row, new) for row in rows}, overlay)
        for row in rows:
            found[row.test] = Truth(
                passes(row, new) is True,
                _as_authors(row, old, known),
                tuple(f.message for f in weakenings if _concerns(f, row)),
                _equals(row, places, overlay),
                kept[row.test],
            )
    return found


def _cases(row: Row, result: RunResult) -> list[str]:
    return [test for test in result.outcomes if row.covers(test) or test.startswith(f"{row.test}::")]


def _as_authors(row: Row, old: RunResult, known: Oracle) -> bool | None:
    wanted = known.authors_on_old.get(row.test)
    # a file that does not import fails, as its tests would
    return None if wanted is None else (passes(row, old) is True) is wanted


def _concerns(finding: Finding, row: Row) -> bool:
    """Whether a finding is about the row's test, or about what its tests share."""
    return finding.test == row.test or (finding.file == row.file and not (row.function and finding.test))


def _equals(row: Row, places: Places, overlay: Mapping[str, bytes]) -> bool | None:
    original, authors = places.head.text(row.file), places.authors.text(row.file)
    if original is None or authors is None:
        return None
    healed = overlay.get(row.file)
    text = original if healed is None else FileChange.decode(row.file, None, healed).new
    return says_the_same(row, original, text or "", authors)
