"""What was found, kept as it comes: one JSON line a pair, so that a run that is stopped keeps what it has."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

UNSEEN = "UNSEEN"
# What speaks against a heal, beside that it weakens its test.
FAILS = "does not pass on the new code"
OTHERWISE = "does otherwise on the old code than the authors' version"


@dataclass(frozen=True)
class RowResult:
    """One row: in scope and why (empty: it is not), what was said of it, and whether that is right.

    `own_seconds` is its share of one run of the tests as they are; `kills` is on how many mutants that the
    old test killed the healed one was tried, `kept` how many of them it kills too.
    """

    package: str
    old: str
    new: str
    test: str
    signal: str
    scope: str
    verdict: str
    strategy: str
    confidence: float
    reason: str
    evidence: tuple[str, ...]
    seconds: float
    right: bool | None = None
    complaint: str = ""
    equals_authors: bool | None = None
    as_authors_on_old: bool | None = None
    grounds: tuple[str, ...] = ()
    own_seconds: float = 0.0
    kills: int = 0
    kept: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the row."""
        return self.package, self.old, self.new, self.test

    @property
    def is_weakened(self) -> bool:
        """Whether its heal is wrong because the test checks less, as the guard or the mutants say."""
        return self.right is False and self.complaint not in (FAILS, OTHERWISE)


@dataclass(frozen=True)
class PairResult:
    """One pair: its rows, the wall time in seconds, the patches by verdict, and what kept it from running."""

    name: str
    rows: tuple[RowResult, ...]
    seconds: float
    patches: dict[str, str]
    error: str = ""

    def append_to(self, file: Path) -> None:
        """Keeps it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as stream:
            stream.write(json.dumps(asdict(self)) + "\n")


def read_results(file: Path) -> list[PairResult]:
    """What a run has kept; nothing where there is no such file, and no last line that was cut off."""
    return list(_read(file)) if file.exists() else []


def _read(file: Path) -> Iterator[PairResult]:
    for line in file.read_text().splitlines():
        try:
            values = json.loads(line)
        except ValueError:
            return
        rows = tuple(map(_row, values["rows"]))
        yield PairResult(**{**values, "rows": rows})


def _row(values: dict[str, Any]) -> RowResult:
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return RowResult(**{**values, **lists})


def rows_of(results: Sequence[PairResult]) -> list[RowResult]:
    """All rows; of a pair that was run twice the later ones."""
    return [row for result in {r.name: r for r in results}.values() for row in result.rows]
