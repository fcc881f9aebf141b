"""What is asked of the driver in a job, and what it answers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from maestro_healing.domain.mutation.lines import Place

Units = Mapping[str, Sequence[str]]


class Outcome(StrEnum):
    """What became of a mutant: a test failed through an assertion of its own, or some other way; none did;
    none runs its line; time was up; or it could not be made.
    """

    ASSERTION = "assertion"
    CRASH = "crash"
    SURVIVED = "survived"
    UNCOVERED = "uncovered"
    TIMEOUT = "timeout"
    UNAPPLIED = "unapplied"


@dataclass(frozen=True)
class Plan:
    """Which tests (`units`: the ids that each name stands for), which mutants, and for how many seconds.

    Without `wanted` mutants the driver takes `sample` for each unit, of the `lines` of the product's `files`.
    """

    units: Units
    files: Sequence[str]
    seconds: float
    lines: Mapping[str, Sequence[tuple[int, int]]] | None = None
    wanted: Mapping[str, Sequence[Place]] | None = None
    sample: int = 60
    alone: bool = False

    def encode(self) -> bytes:
        """As the driver reads it."""
        places = {unit: [_written(p) for p in wanted] for unit, wanted in (self.wanted or {}).items()}
        plan = {**vars(self), "wanted": None if self.wanted is None else places}
        return json.dumps(plan).encode()


@dataclass(frozen=True)
class Tried:
    """A mutant that a unit was tried on; `line` is what stands there without it."""

    place: Place
    outcome: Outcome
    line: str = ""

    @property
    def shown(self) -> str:
        """The mutant, for a person."""
        return f"{self.place.path}:{self.place.start[0]} `{self.line}` with `{self.place.text}`"


@dataclass(frozen=True)
class Answer:
    """What one job found out of one unit: how many of its tests passed without a mutant, what each mutant
    did, whether time ran out before all was tried, and how many of the product's lines the tests run
    (None where not all of them could be run).
    """

    passed: int = 0
    tried: Sequence[Tried] = ()
    late: bool = False
    lines: int | None = None

    @property
    def killed(self) -> list[Place]:
        """Where the mutants are that a test killed through an assertion."""
        return [tried.place for tried in self.with_outcome(Outcome.ASSERTION)]

    def with_outcome(self, *outcomes: Outcome) -> list[Tried]:
        """The mutants of which that became."""
        return [tried for tried in self.tried if tried.outcome in outcomes]


NO_ANSWER = Answer(late=True)


def read_answers(document: bytes | None) -> dict[str, Answer]:
    """What the driver wrote of each unit: nothing where something else wrote to its file, too.

    A last line that a kill cut off is left out.
    """
    try:
        return _read(document or b"")
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def _read(document: bytes) -> dict[str, Answer]:
    tried: dict[str, list[Tried]] = defaultdict(list)
    passed: dict[str, int] = {}
    planned: dict[str, int] = {}
    late = set()
    lines: dict[str, int] = {}
    for record in _records(document):
        unit = record["unit"]
        match record["kind"]:
            case "unit":
                passed[unit] = record["passed"]
                late |= {unit} if record["late"] else set()
                if not record["late"]:
                    lines[unit] = record["lines"]
            case "planned":
                planned[unit] = record["mutants"]
            case "mutant":
                outcome = Outcome(record["outcome"])
                tried[unit].append(Tried(_place(record["place"]), outcome, record.get("line", "")))
    return {
        unit: Answer(
            count,
            tried[unit],
            unit in late or (count > 0 and len(tried[unit]) < planned.get(unit, 1)),
            lines.get(unit),
        )
        for unit, count in passed.items()
    }


def _written(place: Place) -> list[Any]:
    return [place.path, place.start, place.end, place.text]


def _place(written: Sequence[Any]) -> Place:
    path, (first, column), (last, end), text = written
    return Place(str(path), (int(first), int(column)), (int(last), int(end)), str(text))


def _records(document: bytes) -> Iterator[dict[str, Any]]:
    for line in document.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return
