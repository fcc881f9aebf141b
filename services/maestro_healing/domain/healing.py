"""The record of one healing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from maestro_healing.domain.model import Policy, TestHealing, Verdict
from maestro_healing.domain.report import HealingReport


class HealingState(StrEnum):
    """Where a healing is in its life."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in (HealingState.COMPLETED, HealingState.FAILED, HealingState.CANCELLED)


class Decision(StrEnum):
    """What a person said of a heal."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class Source:
    """Where a project is: exactly one of a local path, an upload's name, or a git URL with a revision."""

    path: str = ""
    uploaded: str = ""
    git_url: str = ""
    git_revision: str = ""


@dataclass(frozen=True)
class HealingSpec:
    """What to heal, and how. `run_timeout` is in seconds, for one run of the tests; `budget` for all of it,
    and None where there is no end.
    """

    source: Source
    base_revision: str = ""
    tests: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    python: str = ""
    policy: Policy = field(default_factory=Policy)
    run_timeout: float = 600.0
    budget: float | None = None


@dataclass(frozen=True)
class Failure:
    """Why a healing could not be done."""

    reason: str
    message: str


@dataclass(frozen=True)
class Lease:
    """Which process is at work on a healing, until when; nobody, once that is past."""

    holder: str
    expires: datetime


@dataclass(frozen=True)
class Healing:
    """One project, healed once.

    `watch_from` is the event number before its first event; `starts` counts how often it was begun, and
    `crashes` how often whoever was at work on it went away without a word; `comments` are what people said
    with their decisions, by test.
    """

    tenant: str
    id: str
    spec: HealingSpec
    owner: str
    create_time: datetime
    update_time: datetime
    state: HealingState = HealingState.PENDING
    end_time: datetime | None = None
    failure: Failure | None = None
    report: HealingReport | None = None
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    head_revision: str = ""
    base_revision: str = ""
    watch_from: int = 0
    starts: int = 0
    crashes: int = 0
    etag: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What the store knows it by."""
        return self.tenant, self.id

    @property
    def name(self) -> str:
        """`tenants/{tenant}/healings/{healing}`."""
        return f"tenants/{self.tenant}/healings/{self.id}"

    def begun(self, now: datetime, *, after_crash: bool) -> Healing:
        """At work."""
        crashes = self.crashes + after_crash
        return replace(
            self, state=HealingState.RUNNING, update_time=now, starts=self.starts + 1, crashes=crashes
        )

    def handed_back(self, now: datetime) -> Healing:
        """Not begun: what was done of it counts for nothing."""
        return replace(self, state=HealingState.PENDING, update_time=now)

    def cancelled(self, now: datetime) -> Healing:
        """Cancelled, or as it is where it has ended."""
        if self.state.ended:
            return self
        return replace(self, state=HealingState.CANCELLED, update_time=now, end_time=now)

    @property
    def healed(self) -> frozenset[str]:
        """Tests whose edits belong to the patch: HEALED or approved, and not rejected."""
        return frozenset(
            test.test
            for test in self._tests(Verdict.HEALED, Verdict.PROPOSED)
            if self.decisions.get(test.test) is Decision.APPROVED
            or (test.verdict is Verdict.HEALED and test.test not in self.decisions)
        )

    @property
    def proposed(self) -> frozenset[str]:
        """Tests whose edits wait for a person."""
        return frozenset(
            test.test for test in self._tests(Verdict.PROPOSED) if test.test not in self.decisions
        )

    @property
    def reviewable(self) -> frozenset[str]:
        """Tests that a person can approve or reject."""
        return frozenset(test.test for test in self._tests(Verdict.HEALED, Verdict.PROPOSED))

    @property
    def open_reviews(self) -> int:
        """How many heals wait for a person's yes or no. A refusal is to be read, and asks for neither."""
        heals = self._tests(Verdict.HEALED, Verdict.PROPOSED)
        return sum(test.review and test.test not in self.decisions for test in heals)

    def _tests(self, *verdicts: Verdict) -> tuple[TestHealing, ...]:
        tests = self.report.tests if self.report else ()
        return tuple(test for test in tests if test.verdict in verdicts)
