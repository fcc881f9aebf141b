"""python -m benchmarks.release_skew:
verdicts of healing on releases of real packages, as a table and as JSON.
"""

import argparse
import json
import statistics
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

from benchmarks.release_skew.heal import Target, heal
from benchmarks.release_skew.repository import make_environment, make_repository
from benchmarks.release_skew.rows import Pair, Row, read_pairs
from maestro_healing.domain.model import TestHealing, Verdict
from maestro_healing.domain.report import HealingReport

_TITLE = ("signal", "tests", "healed", "proposed", "refused", "unhealed", "unseen", "median s")


def main() -> int:
    """Exit status 1 where not a single test was healed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/healing"), help="folder of release_skew.tsv"
    )
    parser.add_argument("--package", action="append", default=[], help="only this package; may be repeated")
    parser.add_argument(
        "--cache", type=Path, default=Path("build/release_skew"), help="releases and environments"
    )
    parser.add_argument(
        "--json", type=Path, default=Path("build/release_skew/result.json"), help="where details go"
    )
    options = parser.parse_args()
    cache = options.cache.resolve()
    found: list[tuple[Row, TestHealing | None]] = []
    details = []
    for pair in read_pairs(options.data, options.package):
        report = _heal(pair, cache)
        by_test = {test.test: test for test in report.tests}
        found += [(row, by_test.get(row.test)) for row in pair.rows]
        tests = [asdict(test) for test in report.tests]
        pair_of = {"package": pair.package, "old": pair.old, "new": pair.new}
        details.append({**pair_of, "patch": report.patch, "tests": tests, "seconds": report.seconds})
        counts = ", ".join(f"{count} {verdict.lower()}" for verdict, count in report.counts.items())
        print(
            f"{pair.package} {pair.old} -> {pair.new}: {counts}, {report.seconds:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(details, indent=1))
    _print_table(found)
    return 0 if any(healing and healing.verdict is Verdict.HEALED for _, healing in found) else 1


def _heal(pair: Pair, cache: Path) -> HealingReport:
    python = make_environment(pair, cache)
    return heal(Target(make_repository(pair, cache), python))


def _print_table(found: list[tuple[Row, TestHealing | None]]) -> None:
    by_signal: dict[str, list[TestHealing | None]] = defaultdict(list)
    for row, healing in found:
        by_signal[row.signal].append(healing)
        by_signal["all"].append(healing)
    lines: list[tuple[str, ...]] = [_TITLE]
    for signal, healings in sorted(by_signal.items(), key=lambda item: (item[0] == "all", item[0])):
        seen = [healing for healing in healings if healing is not None]
        counts = [sum(h.verdict is verdict for h in seen) for verdict in Verdict]
        middle = f"{statistics.median(h.seconds for h in seen):.1f}" if seen else "-"
        lines.append((signal, *map(str, (len(healings), *counts, len(healings) - len(seen))), middle))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in
                        enumerate(zip(line, widths, strict=True))))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
