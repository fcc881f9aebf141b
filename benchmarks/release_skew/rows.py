"""The recorded breakages, and the pairs of releases that they come from."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Looked at while strategies are written; the other packages are only reported on.
TUNED = frozenset({"arrow", "click", "flask", "marshmallow", "mistune", "pluggy", "sqlparse"})


@dataclass(frozen=True)
class Row:
    """One test of release `old` that fails on the code of release `new`: a function, or a file as a whole."""

    package: str
    old: str
    new: str
    test: str
    signal: str
    exception: str

    @property
    def file(self) -> str:
        """The test's file."""
        return self.test.partition("::")[0]

    @property
    def function(self) -> str:
        """Its qualified name in the file; empty where the row is the file as a whole."""
        return self.test.partition("::")[2].replace("::", ".")

    def covers(self, test: str) -> bool:
        """Whether a test id is this row's: itself, or one of its parametrised cases."""
        return test == self.test or test.startswith(f"{self.test}[")


@dataclass(frozen=True)
class Pair:
    """Two releases, what their tests need installed, and the tests that break between them."""

    package: str
    old: str
    new: str
    modules: tuple[str, ...]
    installed: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """What tells it from others, fit for a file."""
        return f"{self.package}-{self.old}-{self.new}"


def read_pairs(folder: Path, wanted: Sequence[str] = ()) -> Iterator[Pair]:
    """The pairs of `release_skew.tsv` in the folder: all, or those of packages (`click`) or
    new releases (`click==8.0.4`) that are wanted.
    """
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
        if wanted and not {package, f"{package}=={new}"} & set(wanted):
            continue
        known = environments[package]
        yield Pair(package, old, new, tuple(known["import"]), tuple(known["installed"]), tuple(group))
