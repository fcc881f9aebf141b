"""Heals tests of one release of a package on the code of the next, and says how much of that is right."""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from benchmarks.release_skew.results import PairResult, read_results, rows_of
from benchmarks.release_skew.rows import TUNED, Pair, read_pairs
from benchmarks.release_skew.tables import compare, show
from benchmarks.release_skew.work import work
from maestro_healing.domain.model import Verdict

_FOLDER = Path("build/release_skew")


def main() -> int:
    """Exit status 1 where not a single test was healed, or a heal was wrong."""
    options = _options()
    pairs = [pair for pair in read_pairs(options.data, options.package) if _is_wanted(pair, options.set)]
    earlier_file = options.results.with_suffix(".earlier.jsonl")
    if options.results.exists() and not options.resume:
        options.results.replace(earlier_file)
    done = {result.name for result in read_results(options.results) if not result.error}
    todo = [pair for pair in pairs if pair.name not in done]
    with ProcessPoolExecutor(options.jobs) as pool:
        run = partial(
            work,
            cache=options.cache.resolve(),
            through_command=options.through_command,
            mutation_seconds=options.mutation,
        )
        for finished in as_completed([pool.submit(run, pair) for pair in todo]):
            result = finished.result()
            result.append_to(options.results)
            print(_progress(result), file=sys.stderr, flush=True)
    names = {pair.name for pair in pairs}
    rows = rows_of([result for result in read_results(options.results) if result.name in names])
    print("\n".join(show(rows)))
    changes = list(compare(rows, rows_of(read_results(options.against or earlier_file))))
    if changes:
        print("\n".join(["", "other than before:", *changes]))
    healed = any(row.verdict == Verdict.HEALED for row in rows)
    return 0 if healed and all(row.right is not False for row in rows) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.release_skew", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, default=Path("../shared/healing"), help="folder of release_skew.tsv")
    add("--package", action="append", default=[], metavar="NAME[==NEW]",
        help="only this package, or its step to this release; may be repeated")  # fmt: skip
    add("--set", choices=("all", "tuned", "held-out"), default="all",
        help="packages that strategies were tuned on, or those that they were not")  # fmt: skip
    add("--jobs", type=int, default=1, help="pairs at a time")
    add("--through-command", action="store_true", help="heal by `maestro heal`, in isolated jobs")
    add("--mutation", type=float, default=30.0, metavar="SECONDS",
        help="for trying the heals of each pair on mutants")  # fmt: skip
    add("--cache", type=Path, default=_FOLDER, help="releases and environments")
    add("--results", type=Path, default=_FOLDER / "results.jsonl",
        help="one line a pair; an earlier file is kept beside it")  # fmt: skip
    add("--resume", action="store_true", help="go on with what the results have already")
    add("--against", type=Path, help="results to compare with, instead of the earlier run's")
    return parser.parse_args()


def _is_wanted(pair: Pair, chosen: str) -> bool:
    return chosen == "all" or (pair.package in TUNED) == (chosen == "tuned")


def _progress(result: PairResult) -> str:
    if result.error:
        return f"{result.name}: could not run\n{result.error}"
    verdicts: Sequence[str] = [row.verdict for row in result.rows]
    counts = ", ".join(f"{verdicts.count(v)} {v.lower()}" for v in dict.fromkeys(verdicts))
    right = sum(row.right is True for row in result.rows)
    return f"{result.name}: {counts}; {right} right; {result.seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
