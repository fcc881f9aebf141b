"""Seeds breakages for syntax repair, environment healing and timing adjustment, and bugs like them."""

import argparse
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.kept import append, read
from benchmarks.seeded.case import Case
from benchmarks.seeded.results import Result, compare, show
from benchmarks.seeded.suites import suites
from benchmarks.seeded.surroundings import surroundings_cases
from benchmarks.seeded.syntax import syntax_cases
from benchmarks.seeded.timing import timing_cases
from benchmarks.seeded.work import work
from maestro_healing.domain.model import Verdict

_FOLDER = Path("build/seeded")
_STRATEGIES = ("syntax_repair", "environment_healing", "timing_adjustment")


def main() -> int:
    """Exit status 1 where nothing was healed, or something wrongly."""
    options = _options()
    cases = list(_cases(options))
    earlier_file = options.results.with_suffix(".earlier.jsonl")
    if options.results.exists() and not options.resume:
        options.results.replace(earlier_file)
    order = {(case.strategy, case.kind, case.number): place for place, case in enumerate(cases)}
    results = [result for result in read(options.results, Result) if result.key in order and not result.error]
    done = {result.key for result in results}
    todo = [case for key, case in zip(order, cases, strict=True) if key not in done]
    with ProcessPoolExecutor(options.jobs) as pool:
        for finished in as_completed([pool.submit(work, case) for case in todo]):
            result = finished.result()
            results.append(result)
            append(options.results, result)
            said = f"{len(results)}/{len(cases)} {result.name}: {result.verdict}"
            print(f"{said} {'' if result.right is None else result.right}", file=sys.stderr, flush=True)
    results.sort(key=lambda result: order[result.key])
    print("\n".join(show(results)))
    changes = list(compare(results, read(earlier_file, Result)))
    if changes:
        print("\n".join(["", "other than before:", *changes]))
    healed = any(result.verdict == Verdict.HEALED for result in results)
    return 0 if healed and not any(result.is_false_heal or result.error for result in results) else 1


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    """Each strategy has a chance of its own, so that one that is left out changes no other."""
    for strategy in options.strategy or _STRATEGIES:
        chance = random.Random(f"{options.seed} {strategy}")
        match strategy:
            case "syntax_repair":
                found = list(suites(options.data, options.cache.resolve(), chance))
                yield from syntax_cases(found, chance, options.each)
            case "environment_healing":
                yield from surroundings_cases(chance, options.each)
            case "timing_adjustment":
                yield from timing_cases(chance, options.each)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seeded", description=__doc__)
    add = parser.add_argument
    add("--seed", type=int, default=1, help="another one makes other cases of the same kinds")
    add("--each", type=int, default=2, help="cases of each kind")
    add("--strategy", action="append", choices=_STRATEGIES, help="only this one; may be repeated")
    add("--jobs", type=int, default=1, help="cases at a time: more of them disturb what is measured")
    add("--data", type=Path, default=Path("../shared/healing"), help="folder of release_skew.tsv")
    add("--cache", type=Path, default=Path("build/release_skew"), help="releases and environments")
    add("--results", type=Path, default=_FOLDER / "results.jsonl",
        help="one line a case; an earlier file is kept beside it")  # fmt: skip
    add("--resume", action="store_true", help="go on with what the results have already")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
