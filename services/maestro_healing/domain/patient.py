"""One failing test on its way to a verdict."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from maestro_healing.domain.diagnosis.blame import Refusal
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence
from maestro_healing.domain.mutation import Kept
from maestro_healing.domain.ports import AS_IT_IS, Conditions
from maestro_healing.domain.rewrite.rule import AnyRule
from maestro_healing.domain.runs import RunResult, TestFailure
from maestro_healing.domain.services import Needed
from maestro_healing.domain.strategies.strategy import Proposal
from maestro_healing.domain.strategies.waits.model import Timing
from maestro_healing.domain.workbench import Attempt


@dataclass
class Step:
    """One failure of the test, what has been tried against it and what is left to try."""

    failure: TestFailure
    proposals: Iterator[Proposal]
    attempt: Attempt | None = None


@dataclass
class Patient:
    """A failing test: its first failure, how it did at base, and the steps taken since.

    `services` stood beside its runs, for it could not reach them; `is_provided` where it passes with them.
    It `fails_again` where the first failure was seen a second time, in a run of fewer tests.
    """

    failure: TestFailure
    base: RunResult | None
    steps: list[Step] = field(default_factory=list)
    inherited: tuple[Attempt, ...] = ()
    refusal: Refusal | None = None
    passes: bool = False
    rejected: tuple[Attempt, ...] = ()
    objection: str = ""
    kept: Kept | None = None
    timing: Timing | None = None
    services: tuple[Needed, ...] = ()
    is_provided: bool = False
    fails_again: bool = False
    dependence: Dependence | None = None

    @property
    def conditions(self) -> Conditions:
        """Under what its failure shows."""
        return self.dependence.failing if self.dependence is not None else AS_IT_IS

    @property
    def test(self) -> str:
        """Its id."""
        return self.failure.test

    @property
    def passed_at_base(self) -> bool:
        """Whether the last good revision passes it;
        for a file, whether it collects and passes something there.
        """
        if self.dependence is not None:
            return self.dependence.passes_at_base
        return bool(self.tests_at_base) or bool(self.timing is not None and self.timing.base)

    @property
    def tests_at_base(self) -> tuple[str, ...]:
        """The test, or the file's tests, where the last good revision passes them."""
        if self.base is None:
            return ()
        outcome = self.base.outcomes.get(self.test)
        if outcome is not None:
            return (self.test,) if outcome.passed else ()
        inside = f"{self.test}::"
        return tuple(t for t, o in self.base.outcomes.items() if o.passed and t.startswith(inside))

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The edits that it stands on now."""
        return (*self.inherited, *(step.attempt for step in self.steps if step.attempt is not None))

    @property
    def rules(self) -> tuple[AnyRule, ...]:
        """The rules of these edits: tests with the same ones fail of the same cause."""
        return tuple(rule for attempt in self.attempts for rule in attempt.proposal.rules)

    def give_up(self, objection: str) -> None:
        """Keeps its edits for the record and takes them out of the patch."""
        self.rejected = self.attempts or self.rejected
        self.objection = objection
        self.steps.clear()
        self.inherited = ()
        self.passes = False
