"""Tries cases of the corpus on mutants of the package's own code, and prints what the mutation check says.

python -m benchmarks.guard.mutation --corpus FILE --data FOLDER [--each N] [--package NAME ...]

Of each kind it takes N cases, the same ones each time. A planted test stands in the new release, which is on
both sides; an honest file is what its authors made of it, with the code of its own release on each side.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.local_runner import LocalRunner
from benchmarks.release_skew.repository import Places, make_places
from benchmarks.release_skew.rows import Pair, read_pairs
from maestro_healing.domain.guard import FileChange, review
from maestro_healing.domain.healing import HealingSpec, Source
from maestro_healing.domain.model import Policy
from maestro_healing.domain.mutation import Kept, kept_by_change
from maestro_healing.domain.ports import Side
from maestro_healing.domain.sources import FolderTree, Project

Case = Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """What both halves of the guard say of a case."""

    group: str
    kind: str
    id: str
    flagged: bool
    kept: Mapping[str, Kept]
    seconds: float

    @property
    def judged(self) -> bool:
        """Whether mutants that the old test killed were tried with the new one."""
        return any(kept.kills for kept in self.kept.values())

    @property
    def lost(self) -> bool:
        """Whether a test no longer kills as many as it must."""
        return any(not kept.holds for kept in self.kept.values())


def _chosen(corpus: Path, packages: Sequence[str], each: int) -> list[Case]:
    kinds: dict[tuple[str, str], list[Case]] = defaultdict(list)
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for case in map(json.loads, lines):
            if case["package"] in packages and case.get("old") and case.get("new"):
                kinds[case["group"], case["kind"]].append(case)
    return [case for cases in kinds.values() for case in sorted(cases, key=_rank)[:each]]


def _rank(case: Case) -> bytes:
    return hashlib.sha256(case["id"].encode()).digest()


async def _tried(case: Case, places: Places, spec: HealingSpec) -> Result:
    found = review([FileChange(case["path"], case["old"], case["new"])])
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="maestro-guard-") as folder:
        head = Path(folder, "head")
        shutil.copytree(places.new, head, symlinks=True)
        (head / case["path"]).write_bytes(case["new"].encode())
        base = places.base if case["group"] == "honest" else places.authors
        project = Project(FolderTree(head), base)
        runner = LocalRunner({Side.HEAD: project.head, Side.BASE: base}, str(places.python))
        kept = await kept_by_change(runner, project, spec, found.touched)
    seconds = time.monotonic() - started
    return Result(case["group"], case["kind"], case["id"], bool(found.findings), kept, seconds)


def _report(results: Sequence[Result]) -> None:
    print(f"{'':36}{'cases':>6}{'static':>7}{'judged':>7}{'lost':>6}{'either':>7}{'s mean':>8}")
    rows: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        rows[f"  {result.kind}"].append(result)
    for group in dict.fromkeys(result.group for result in results):
        rows[group] = [result for result in results if result.group == group]
    for name, some in rows.items():
        static, judged, lost = (sum(map(bool, column)) for column in zip(
            *((r.flagged, r.judged, r.lost) for r in some), strict=True
        ))  # fmt: skip
        either = sum(r.flagged or r.lost for r in some)
        mean = sum(r.seconds for r in some) / len(some)
        print(f"{name:36}{len(some):6}{static:7}{judged:7}{lost:6}{either:7}{mean:8.1f}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, required=True, help="a corpus that is made already")
    parser.add_argument("--data", type=Path, required=True, help="folder of release_skew.tsv")
    parser.add_argument("--cache", type=Path, default=Path("build/skew"), help="releases and environments")
    parser.add_argument("--each", type=int, default=3, help="cases of each kind")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each case")
    parser.add_argument("--package", action="append", default=[], help="only this one; may be repeated")
    options = parser.parse_args()
    pairs: dict[tuple[str, str], Pair] = {
        (pair.package, pair.new): pair for pair in read_pairs(options.data, options.package)
    }
    packages = sorted({package for package, _ in pairs})
    spec = HealingSpec(Source(), policy=Policy(mutation_seconds=options.seconds))
    results = []
    for case in _chosen(options.corpus, packages, options.each):
        pair = pairs.get((case["package"], case["version"]))
        if pair is None:
            continue
        result = asyncio.run(_tried(case, make_places(pair, options.cache.resolve()), spec))
        said = "; ".join(kept.sentence for kept in result.kept.values()) or "no test is touched"
        print(f"{result.group} {result.kind} {case['id']} {result.flagged=}: {said[:200]}", flush=True)
        results.append(result)
    _report(results)


if __name__ == "__main__":
    main()
