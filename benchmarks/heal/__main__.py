"""Measures healing: skew, orders, regressions and seeded breakages in one table, with the calibration."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.calibration import outcomes as calibration
from benchmarks.heal import table
from benchmarks.heal.cases import SKEW, Case, of_orders, of_regressions, of_seeded, of_skew
from benchmarks.kept import read
from benchmarks.order_dependence.results import Result as OrderResult
from benchmarks.regressions.results import Case as PlantedCase
from benchmarks.release_skew import tables as skew_tables
from benchmarks.release_skew.results import RowResult, read_results, rows_of
from benchmarks.release_skew.rows import TUNED
from benchmarks.seeded.results import Result as SeededResult

# The folder of each part below `build`, in the order in which they run.
_PARTS = ("release_skew", "order_dependence", "seeded", "regressions")


def main() -> int:
    """Exit status 1 where something was healed wrongly, or nothing was healed at all."""
    options = _options()
    if not options.table:
        for part in _PARTS:
            _run(part, options)
    rows = rows_of(read_results(options.build / "release_skew" / "results.jsonl"))
    cases = [
        *of_skew(rows),
        *of_orders(read(options.build / "order_dependence" / "results.jsonl", OrderResult)),
        *of_regressions(read(options.build / "regressions" / "results.jsonl", PlantedCase)),
        *of_seeded(read(options.build / "seeded" / "results.jsonl", SeededResult)),
    ]
    lines = {name: table.numbers(found) for name, found in table.parts(cases).items()}
    earlier = json.loads(options.out.read_text()) if options.out.exists() else {}
    print("\n".join(_show(lines, rows, cases)))
    changes = [
        *table.compare(lines, earlier.get("table", {})),
        *_compare(cases, {case["key"]: case for case in earlier.get("cases", ())}),
    ]
    if changes:
        print("\n".join(["", "other than before:", *changes]))
    _keep(options.out, {"table": lines, "cases": [asdict(case) for case in cases]})
    healed = any(case.verdict == "HEALED" and case.part == SKEW for case in cases)
    return int(not healed or any(case.is_false_heal for case in cases))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.heal", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, default=Path("../shared/healing"), help="folder of release_skew.tsv")
    add("--build", type=Path, default=Path("build"), help="where the parts keep their results")
    add("--table", action="store_true", help="of the results that are there; run nothing")
    add("--resume", action="store_true", help="go on where a run was stopped")
    add("--sample", type=int, metavar="N", help="this many planted bugs alone")
    add("--out", type=Path, default=Path("build/heal.json"), help="kept, and compared with the next time")
    return parser.parse_args()


def _run(part: str, options: argparse.Namespace) -> None:
    """One part, to its end; what it found wrong stands in the one table."""
    command = [sys.executable, "-m", f"benchmarks.{part}", "--data", str(options.data)]
    command += ["--results", str(options.build / part / "results.jsonl")]
    command += ["--resume"] if options.resume else []
    if part == "regressions" and options.sample is not None:
        command += ["--sample", str(options.sample)]
    print(f"{part} ...", file=sys.stderr, flush=True)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def _show(lines: dict[str, table.Numbers], rows: Sequence[RowResult], cases: Sequence[Case]) -> Iterator[str]:
    yield from table.show(lines)
    for name, some in (
        ("all packages", rows),
        ("packages that were tuned on", [row for row in rows if row.package in TUNED]),
        ("packages that were not", [row for row in rows if row.package not in TUNED]),
    ):
        if some:
            yield from ("", f"{SKEW}, {name}:", *skew_tables.shares(some))
    yield ""
    yield from calibration.show(calibration.outcomes(cases), lambda one: one.confidence)
    for case in cases:
        if case.is_false_heal:
            yield f"false heal: {case.part}: {case.key}"


def _compare(cases: Sequence[Case], earlier: dict[str, dict[str, object]]) -> Iterator[str]:
    for case in cases:
        old = earlier.get(case.key)
        if old is not None and (old["verdict"], old["right"]) != (case.verdict, case.right):
            yield f"{case.key}: {old['verdict']} {old['right']} -> {case.verdict} {case.right}"


def _keep(file: Path, found: dict[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        file.replace(file.with_suffix(".earlier.json"))
    file.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    sys.exit(main())
