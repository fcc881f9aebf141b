"""Heals tests that depend on each other: recorded ones of real projects, and planted ones."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.kept import append, read
from benchmarks.order_dependence.plant import PACKAGES, plant, planted_suite, read_planted, write_planted
from benchmarks.order_dependence.recorded import recorded
from benchmarks.order_dependence.results import Result, show
from benchmarks.order_dependence.suites import Suite
from benchmarks.order_dependence.work import work
from benchmarks.seeded.results import compare
from maestro_healing.domain.model import Verdict

_RECORD = Path(__file__).with_name("planted.jsonl")
_PLANTED_ORDERS = 1  # of two tests one order or its reverse shows it


def main() -> int:
    """Exit status 1 where nothing was healed, or something wrongly."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="maestro-orders-") as folder:
        if options.plant:
            found = list(plant(options.data, options.cache.resolve(), options.seed, Path(folder)))
            write_planted(_RECORD, found)
            print(f"{len(found)} dependences in {_RECORD}")
            return 0
        results = _heal(options, Path(folder))
    print("\n".join(show(results)))
    changes = list(compare(results, read(_earlier(options.results), Result)))
    if changes:
        print("\n".join(["", "other than before:", *changes]))
    healed = any(result.verdict == Verdict.HEALED for result in results)
    return 0 if healed and not any(result.is_false_heal or result.error for result in results) else 1


def _heal(options: argparse.Namespace, folder: Path) -> list[Result]:
    if options.results.exists() and not options.resume:
        options.results.replace(_earlier(options.results))
    suites = list(_suites(options, folder))
    results = [result for result in read(options.results, Result) if not result.error]
    done = {result.key for result in results}
    todo = [(suite, n) for suite, n in suites if not all(row.key in done for row in suite.rows)]
    with ProcessPoolExecutor(options.jobs) as pool:
        running = [pool.submit(work, suite, orders) for suite, orders in todo]
        for number, finished in enumerate(as_completed(running), 1):
            for result in finished.result():
                results.append(result)
                append(options.results, result)
                said = f"{number}/{len(todo)} {result.name}: {result.verdict} {result.right}"
                print(said, file=sys.stderr, flush=True)
    return sorted(results, key=lambda result: result.key)


def _suites(options: argparse.Namespace, folder: Path) -> Iterator[tuple[Suite, int]]:
    """Each with the number of other orders that are tried."""
    cache = options.cache.resolve()
    if not options.only or "recorded" in options.only:
        yield from ((suite, options.orders) for suite in recorded(options.data, cache))
    for number, one in enumerate(read_planted(_RECORD), 1):
        if not options.only or one.package in options.only:
            yield planted_suite(one, number, options.data, cache, folder), _PLANTED_ORDERS


def _earlier(file: Path) -> Path:
    return file.with_suffix(".earlier.jsonl")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.order_dependence", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, default=Path("../shared/healing"), help="folder of order_dependent.tsv")
    add("--cache", type=Path, default=Path("build/release_skew"), help="releases and environments")
    add("--results", type=Path, default=Path("build/order_dependence/results.jsonl"),
        help="one line a row; an earlier file is kept beside it")  # fmt: skip
    add("--resume", action="store_true", help="go on with what the results have already")
    add("--only", action="append", choices=("recorded", *PACKAGES), help="these rows alone; may be repeated")
    add("--orders", type=int, default=12, help="other orders that are tried on a recorded project")
    add("--jobs", type=int, default=1, help="suites at a time")
    add("--plant", action="store_true", help="make the record of planted dependences anew")
    add("--seed", type=int, default=1, help="of the record")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
