"""One pair from release files to results."""

import asyncio
import time
import traceback
from pathlib import Path

from benchmarks.release_skew.heal import Healed, Healing, heal, heal_by_command
from benchmarks.release_skew.oracle import Oracle, oracle
from benchmarks.release_skew.repository import make_places
from benchmarks.release_skew.results import UNSEEN, PairResult, RowResult
from benchmarks.release_skew.rows import Pair, Row
from benchmarks.release_skew.scope import in_scope
from benchmarks.release_skew.truth import Truth, judge
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.model import Verdict
from maestro_healing.domain.sources import Project

# What a row is whose cases came out differently: the worst of them.
_WORST = (Verdict.REFUSED, Verdict.UNHEALED, Verdict.PROPOSED, Verdict.HEALED)


def work(pair: Pair, cache: Path, through_command: bool, mutation_seconds: float) -> PairResult:
    """What healing makes of a pair, and whether that is right. What goes wrong is told in the result."""
    started = time.monotonic()
    try:
        rows, patches = _work(pair, cache, through_command, mutation_seconds)
    except Exception:  # one pair that cannot be run must not end the others
        return PairResult(pair.name, (), time.monotonic() - started, {}, traceback.format_exc())
    return PairResult(pair.name, rows, time.monotonic() - started, patches)


def _work(
    pair: Pair, cache: Path, through_command: bool, mutation_seconds: float
) -> tuple[tuple[RowResult, ...], dict[str, str]]:
    places = make_places(pair, cache)
    known = asyncio.run(oracle(pair, places, cache))
    files = tuple(dict.fromkeys(row.file for row in pair.rows))
    if through_command:
        healing = heal_by_command(places, known.pytest_args)
    else:
        healing = heal(places, files, known.pytest_args)
    verdicts = {row.test: found.verdict for row in pair.rows if (found := _of(row, healing))}
    truths = asyncio.run(judge(pair, places, known, healing, verdicts, mutation_seconds))
    change = ProductChange(Project(places.head, places.base))
    texts = {path: text for path in places.head.tests if (text := places.head.text(path)) is not None}
    own = healing.own_seconds / max(len(healing.tests), 1)
    rows = tuple(
        _result(row, _of(row, healing), truths.get(row.test), _scope(row, known, change, texts), own)
        for row in pair.rows
    )
    return rows, {str(verdict): patch for verdict, patch in healing.patches.items()}


def _scope(row: Row, known: Oracle, change: ProductChange, texts: dict[str, str]) -> str:
    failure = known.failures.get(row.test)
    return in_scope(failure, change, texts) if failure else ""


def _of(row: Row, healing: Healing) -> Healed | None:
    """What was said of a row: the worst of its cases."""
    found = [test for test in healing.tests if row.covers(test.test)]
    return min(found, key=lambda test: _WORST.index(test.verdict), default=None)


def _result(row: Row, said: Healed | None, truth: Truth | None, scope: str, own: float) -> RowResult:
    names = (row.package, row.old, row.new, row.test, row.signal, scope)
    if said is None:
        return RowResult(*names, UNSEEN, "", 0.0, "", (), 0.0)
    about = (str(said.verdict), said.strategy, said.confidence, said.reason, said.evidence, said.seconds)
    if truth is None:
        return RowResult(*names, *about, grounds=said.grounds, own_seconds=own)
    return RowResult(
        *names, *about, truth.is_right, truth.complaint, truth.equals_authors, truth.as_authors_on_old,
        said.grounds, own, truth.kept.kills, truth.kept.kept,
    )  # fmt: skip
