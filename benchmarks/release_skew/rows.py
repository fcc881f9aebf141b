"""The recorded breakages, and the pairs of releases that they come from."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One test of release `old` that fails on the code of release `new`."""

    package: str
    old: str
    new: str
    test: str
    signal: str
    exception: str


@dataclass(frozen=True)
class Pair:
    """Two releases, what their tests need installed, and the tests that break between them."""

    package: str
    old: str
    new: str
    modules: tuple[str, ...]
    installed: tuple[str, ...]
    rows: tuple[Row, ...]


def read_pairs(folder: Path, packages: Sequence[str] = ()) -> Iterator[Pair]:
    """The pairs of `release_skew.tsv` in the folder, of the named packages or of all."""
    environments = json.loads((folder / "environments.json").read_text())
    with (folder / "release_skew.tsv").open(newline="") as stream:
        found = list(csv.DictReader(stream, delimiter="\t"))
    rows = [
        Row(*(row[name] for name in ("package", "old", "new", "test", "signal", "exception")))
        for row in found
    ]
    pairs: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        pairs[row.package, row.old, row.new].append(row)
    for (package, old, new), group in pairs.items():
        if not packages or package in packages:
            environment = environments[package]
            yield Pair(
                package, old, new, tuple(environment["import"]), tuple(environment["installed"]), tuple(group)
            )
