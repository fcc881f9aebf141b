"""What is known of a pair before anything is healed: how its rows fail, and what the authors' fix does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.local_runner import LocalRunner
from benchmarks.release_skew.authors import spliced
from benchmarks.release_skew.repository import Places
from benchmarks.release_skew.rows import Pair, Row
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.runs import RunResult, TestFailure
from maestro_healing.domain.sources import is_test_path

RUN_TIMEOUT = 600.0
# A project's own settings of pytest are kept where its suite runs with them, but for measuring coverage.
_KEPT = ("--no-cov",)
_PLAIN = (*_KEPT, "-o", "addopts=")
_ARGUMENTS = (_KEPT, _PLAIN, (*_PLAIN, "-o", "filterwarnings=default"))


@dataclass(frozen=True)
class Oracle:
    """`failures`: the first failure of each row on the new code. `authors_on_old`: whether the authors'
    version of a row passes on the old code; a row whose authors' version can't be run is missing.
    """

    pytest_args: tuple[str, ...]
    failures: Mapping[str, TestFailure]
    authors_on_old: Mapping[str, bool]


async def oracle(pair: Pair, places: Places, cache: Path) -> Oracle:
    """Runs the rows as they were, and the authors' versions of them, on both sides. Kept in the cache."""
    adapter = TypeAdapter(Oracle)
    kept = cache / "oracles" / f"{pair.name}.json"
    if kept.exists():
        return adapter.validate_json(kept.read_bytes())
    found = await _examine(pair, places)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(adapter.dump_json(found, indent=1))
    return found


class Bench:
    """Runs the rows of a pair in fresh processes, with files laid over either side."""

    def __init__(self, pair: Pair, places: Places, pytest_args: tuple[str, ...]) -> None:
        self._rows = pair.rows
        self.runner = LocalRunner({Side.HEAD: places.head, Side.BASE: places.base}, str(places.python))
        self._pytest_args = pytest_args

    async def run(self, side: Side, overlay: Mapping[str, bytes], rows: Iterable[Row]) -> RunResult:
        """One run of these rows' files: a row's test may be missing from its file."""
        files = tuple(dict.fromkeys(row.file for row in rows))
        request = RunRequest(side, overlay, files, self._pytest_args, RUN_TIMEOUT)
        return await self.runner.run(request)


def passes(row: Row, result: RunResult) -> bool | None:
    """Whether all cases of a row's test pass, or its file collects; None where nothing is to be seen."""
    if not row.function:
        is_collected = any(test.startswith(f"{row.file}::") for test in result.outcomes)
        return None if not result.finished else is_collected and row.file not in result.outcomes
    outcomes = [outcome for test, outcome in result.outcomes.items() if row.covers(test)]
    return all(outcome.passed for outcome in outcomes) if outcomes else None


async def _examine(pair: Pair, places: Places) -> Oracle:
    arguments = await _settle_arguments(pair, places)
    bench = Bench(pair, places, arguments)
    before = await bench.run(Side.HEAD, {}, pair.rows)
    failures = {}
    for row in pair.rows:
        failure = next((f for f in before.failures() if row.covers(f.test)), None)
        if failure is not None:
            failures[row.test] = failure
    authors_on_old: dict[str, bool] = {}
    for version in (_functions, _whole):
        unknown = [row for row in pair.rows if row.test not in authors_on_old]
        authors_on_old |= await _on_old(bench, version(places, unknown), unknown)
    return Oracle(arguments, failures, authors_on_old)


async def _settle_arguments(pair: Pair, places: Places) -> tuple[str, ...]:
    counts = []
    for arguments in _ARGUMENTS:
        result = await Bench(pair, places, arguments).run(Side.BASE, {}, pair.rows)
        counts.append(sum(passes(row, result) is True for row in pair.rows))
        if counts[-1] == len(pair.rows):
            break
    return _ARGUMENTS[counts.index(max(counts))]


async def _on_old(bench: Bench, overlay: Mapping[str, bytes], rows: list[Row]) -> dict[str, bool]:
    """How the authors' version does on the old code, of the rows that it makes pass on the new."""
    if not rows or not overlay:
        return {}
    new = await bench.run(Side.HEAD, overlay, rows)
    mended = [row for row in rows if passes(row, new)]
    old = await bench.run(Side.BASE, overlay, mended) if mended else RunResult()
    found = {row.test: passes(row, old) for row in mended}
    files = {row.test for row in mended if not row.function}
    # a file of theirs that does not import on the old code says nothing of the one repair
    return {t: passed for t, passed in found.items() if passed or (passed is False and t not in files)}


def _functions(places: Places, rows: list[Row]) -> dict[str, bytes]:
    """The authors' version of the tests' functions alone, in the old files."""
    overlay = {}
    for file in {row.file for row in rows if row.function}:
        old, new = places.head.text(file), places.authors.text(file)
        if old is not None and new is not None:
            text = spliced(old, new, [row.function for row in rows if row.file == file])
            overlay[file] = places.head.encode(file, text)
    return overlay


def _whole(places: Places, rows: list[Row]) -> dict[str, bytes]:
    """All that belongs to the authors' tests."""
    root = places.new
    paths = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return {path: (root / path).read_bytes() for path in paths if is_test_path(path)}
