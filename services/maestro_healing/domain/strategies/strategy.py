"""What a strategy is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence
from maestro_healing.domain.model import Evidence, StrategyInfo
from maestro_healing.domain.rewrite.rule import AnyRule, Rule
from maestro_healing.domain.rewrite.scope import Scope
from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.services import Needed
from maestro_healing.domain.strategies.waits.model import Timing

# The one strategy for what a test finds missing only because it looks too early.
TIMING = "timing_adjustment"
# The one that gives a test what it needs around it.
PROVIDING = "environment_healing"

# The one strategy for what a test depends on beside the code.
FLAKY = "flaky_stabilization"


@dataclass(frozen=True)
class Proposal:
    """Edits that might heal a test. Tests with equal rules fail of the same cause and are edited together.

    `scopes` names the files to edit, and which part of each, where they are others than the failure's own.
    """

    strategy: str
    rules: tuple[AnyRule, ...]
    evidence: tuple[Evidence, ...]
    scopes: Mapping[str, Scope] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One edit that would answer a failure, and what speaks for it."""

    rule: Rule
    evidence: Sequence[Evidence]


@dataclass(frozen=True)
class Case:
    """One failing test as a strategy sees it: its failure, the test-side files as they stand now, how long
    what it waits for takes, the services that it could not reach, and what beside the code its outcome
    depends on, where that was found out.
    """

    failure: TestFailure
    texts: Mapping[str, str]
    python: str
    timing: Timing | None = None
    services: tuple[Needed, ...] = ()
    dependence: Dependence | None = None

    def test_frames(self) -> list[tuple[str, int]]:
        """File and line of each frame in a test-side file, innermost first."""
        frames = [(f.file, f.line) for f in reversed(self.failure.frames) if f.file in self.texts]
        return frames or [(self.failure.file, 1)]


class Strategy(Protocol):
    """Reads a failure and the product's change, and yields what might heal the test."""

    @property
    def info(self) -> StrategyInfo:
        """What it heals, and on which evidence."""
        ...

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """Proposals, the likeliest first; none where the strategy does not apply."""
        ...
