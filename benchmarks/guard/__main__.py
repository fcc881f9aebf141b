"""Runs the guard on a corpus of honest, weakened and refactored test changes and prints what it flags.

Seconds are those of the processor: the guard waits for nothing, and what else runs beside it doesn't count.

python -m benchmarks.guard [--corpus FILE] [--show KIND]
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_healing.domain.guard import FileChange, Finding, check_change

_SHARED = Path("../shared")
_BUILD = Path("build/guard")


@dataclass(frozen=True)
class Outcome:
    """One case and what the guard said of it."""

    group: str
    kind: str
    variant: str
    id: str
    planted: str
    findings: tuple[Finding, ...]
    seconds: float


def _built(maker: Path, pairs: Path, seed: str) -> Path:
    """The corpus, made where it is missing."""
    out = _BUILD / f"{seed}.jsonl.gz"
    if not out.exists():
        _BUILD.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(maker), "--pairs", str(pairs), "--set", "dev", "--seed", seed]
        subprocess.run([*command, "--sdists", str(_BUILD / "sdists"), "--out", str(out)], check=True)
    return out


def _changes(case: Mapping[str, Any]) -> list[FileChange]:
    return [FileChange(f["path"], f["old"], f["new"]) for f in case.get("files") or [case]]


def _outcomes(corpus: Path) -> Iterator[Outcome]:
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            started = time.process_time()
            findings = tuple(check_change(_changes(case)))
            seconds = time.process_time() - started
            group = case["group"] + (" keeps all" if case.get("keeps_all") else "")
            yield Outcome(
                group, case["kind"], case["variant"], case["id"], case["planted"], findings, seconds
            )


def _row(name: str, outcomes: list[Outcome]) -> str:
    flagged = sum(bool(o.findings) for o in outcomes)
    seconds = sorted(o.seconds for o in outcomes)
    p95 = seconds[int(0.95 * (len(seconds) - 1))]
    share = 100 * flagged / len(outcomes)
    mean = sum(seconds) / len(seconds)
    return f"{name:44}{len(outcomes):6}{flagged:6}{share:8.1f}{mean:9.3f}{p95:8.3f}{seconds[-1]:8.3f}"


def _report(outcomes: list[Outcome]) -> None:
    print(f"{'':44}{'cases':>6}{'flag':>6}{'%':>8}{'s mean':>9}{'p95':>8}{'max':>8}")
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.group].append(outcome)
    for group, members in groups.items():
        kinds: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in members:
            kinds[outcome.kind].append(outcome)
        if len(kinds) > 1:
            for kind, some in sorted(kinds.items()):
                print(_row(f"  {kind}", some))
        print(_row(group, members))
        if group == "weakened":
            print(_row("weakened, all kinds but sleeps", [o for o in members if "sleep" not in o.kind]))


def _show(outcomes: list[Outcome], name: str) -> None:
    """Misses of a weakened kind, or what was flagged in any other."""
    for o in outcomes:
        if name in (o.kind, o.group) and bool(o.findings) is not (o.group == "weakened"):
            print(f"\n{o.id} {o.variant}\n{o.planted}")
            for f in o.findings[:8]:
                print(f"   {f.file}:{f.line} {f.kind} {f.test.split('::', 1)[-1]}: {f.message}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, help="a corpus that is made already")
    parser.add_argument(
        "--maker", type=Path, default=_SHARED / "guard/corpus.py", help="the script that makes it"
    )
    parser.add_argument(
        "--pairs", type=Path, default=_SHARED / "healing/release_skew.tsv", help="its pairs of releases"
    )
    parser.add_argument("--seed", default="guard-1", help="its seed")
    parser.add_argument(
        "--show", default="", help="a kind or group: print what was missed or wrongly flagged"
    )
    options = parser.parse_args()
    outcomes = list(_outcomes(options.corpus or _built(options.maker, options.pairs, options.seed)))
    _report(outcomes)
    if options.show:
        _show(outcomes, options.show)


if __name__ == "__main__":
    main()
