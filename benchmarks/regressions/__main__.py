"""Heals bugs that were planted in the product of real packages: any applied heal is a false one."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from math import ceil
from pathlib import Path

from benchmarks.kept import append, read
from benchmarks.regressions.heal import heal_planted
from benchmarks.regressions.plant import Planted, append_planted, plant, read_planted
from benchmarks.regressions.results import Case, show
from benchmarks.release_skew.rows import Pair, read_pairs
from maestro_healing.domain.model import Verdict

_RECORD = Path(__file__).with_name("planted.jsonl")
_STEPS = 2  # of each package


def main() -> int:
    """Exit status 1 where a bug's test was changed without a person."""
    options = _options()
    pairs = {pair.name: pair for pair in read_pairs(options.data)}
    if options.plant:
        _plant(list(pairs.values()), options)
        return 0
    options.results.parent.mkdir(parents=True, exist_ok=True)
    if not options.resume:
        options.results.unlink(missing_ok=True)
    done = {case.key: case for case in read(options.results, Case)}
    planted = _sample(read_planted(_RECORD), options.sample)
    todo = [one for one in planted if one.key not in done]
    with ProcessPoolExecutor(options.jobs) as pool:
        running = [pool.submit(heal_planted, one, pairs[one.pair], options.cache.resolve()) for one in todo]
        for number, finished in enumerate(as_completed(running), 1):
            case = finished.result()
            done[case.key] = case
            append(options.results, case)
            said = f"{case.verdict}, {case.seconds:.1f} s"
            print(f"{number}/{len(todo)} {case.key}: {said}", file=sys.stderr, flush=True)
    cases = [done[one.key] for one in planted]
    print("\n".join(show(cases)))
    return int(not cases or any(case.verdict == Verdict.HEALED for case in cases))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regressions", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, default=Path("../shared/healing"), help="folder of release_skew.tsv")
    add("--cache", type=Path, default=Path("build/release_skew"), help="releases and environments")
    add("--results", type=Path, default=Path("build/regressions/results.jsonl"), help="one line a bug")
    add("--resume", action="store_true", help="go on with what the results, or the record, have already")
    add("--jobs", type=int, default=1, help="bugs at a time")
    add("--sample", type=int, metavar="N", help="this many bugs of the record alone")
    add("--plant", type=int, metavar="N", help="make the record anew, with about N bugs")
    add("--seed", type=int, default=1, help="of the record")
    return parser.parse_args()


def _sample(planted: Sequence[Planted], count: int | None) -> list[Planted]:
    """Spread evenly over the record, and so over the packages."""
    if count is None or count >= len(planted):
        return list(planted)
    return [planted[number * len(planted) // count] for number in range(count)]


def _plant(pairs: Sequence[Pair], options: argparse.Namespace) -> None:
    """Makes the record: as many bugs of each package, in its newest steps. What it has already stays."""
    if not options.resume:
        _RECORD.unlink(missing_ok=True)
    done = {one.pair for one in read_planted(_RECORD)}
    steps: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        steps[pair.package] = [*steps[pair.package], pair][-_STEPS:]
    wanted = {pair: ceil(options.plant / len(steps) / len(some)) for some in steps.values() for pair in some}
    work = partial(plant, seed=options.seed, cache=options.cache.resolve())
    with ProcessPoolExecutor(options.jobs) as pool:
        running = {
            pool.submit(work, pair, count): pair for pair, count in wanted.items() if pair.name not in done
        }
        for finished in as_completed(running):
            found = finished.result()
            append_planted(_RECORD, found)
            print(f"{running[finished].name}: {len(found)}", file=sys.stderr, flush=True)
    print(f"{len(read_planted(_RECORD))} bugs in {_RECORD}")


if __name__ == "__main__":
    sys.exit(main())
