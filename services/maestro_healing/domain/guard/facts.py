"""The facts about one test that a change can weaken."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from maestro_healing.domain.guard.relations import Relation

_CALLED = re.compile(r"(\w+)\(")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Place:
    """Where something stands."""

    path: str
    owner: str
    line: int


@dataclass(frozen=True)
class Context:
    """What stands between a check and the test's failing. Each text says what, empty where nothing does."""

    dead: str = ""
    swallowed: str = ""
    bypassed: str = ""
    retried: str = ""
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """The exceptions or warnings that a block must raise."""

    types: frozenset[str]
    match: str | None
    match_literal: str | None


@dataclass(frozen=True)
class Check:
    """One demand that a test makes.

    `key` is equal for equal demands, `subject` and `expected` are canonical, `text` and
    `written`, the subject, are as they stand in the file. `self_made` compares what literals and
    Python's own functions come to.
    """

    op: str
    key: str
    subject: str
    expected: str
    text: str
    strength: float
    place: Place
    context: Context
    relation: Relation | None = None
    exceptions: Expected | None = None
    hollow: str = ""
    written: str = ""
    literal: bool = False
    self_made: bool = False
    value: float | None = None

    @property
    def reflexive(self) -> bool:
        """Whether it compares a value with itself: empty for most, the point of a test of equality."""
        return self.relation is not None and self.subject == self.expected

    @cached_property
    def called(self) -> frozenset[str]:
        """Names of what the subject calls."""
        return frozenset(_CALLED.findall(self.subject))

    @cached_property
    def words(self) -> frozenset[str]:
        """All identifiers in it."""
        return frozenset(_WORD.findall(f"{self.subject} {self.expected} {self.text}"))


class EventKind(Enum):
    """What a test does besides checking."""

    SKIP = "skip"
    XFAIL = "xfail"
    RETRY = "retry"
    SLEEP = "sleep"
    PATCH = "patch"
    IGNORE_WARNINGS = "ignore_warnings"
    GENERATOR = "generator"


@dataclass(frozen=True)
class Event:
    """One thing that a test does besides checking; `key` is equal for equal events."""

    kind: EventKind
    key: str
    text: str
    place: Place
    targets: frozenset[str] = frozenset()
    value: str = ""
    conditional: bool = False
    amount: float = 1.0


@dataclass(frozen=True)
class Rows:
    """The cases that a parametrize mark or a loop over written-down data feeds; None where not countable."""

    names: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] | None
    place: Place
    disabled: frozenset[int] = frozenset()


@dataclass
class Facts:
    """All of it for one test."""

    checks: list[Check] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    tables: list[Rows] = field(default_factory=list)
    fixtures: frozenset[str] = frozenset()
