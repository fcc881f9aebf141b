"""What a healing is asked for and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a failing test."""

    HEALED = "HEALED"
    PROPOSED = "PROPOSED"
    REFUSED = "REFUSED"
    UNHEALED = "UNHEALED"


class Stage(StrEnum):
    """What the pipeline is doing."""

    PREPARE = "PREPARE"
    RUN = "RUN"
    DIAGNOSE = "DIAGNOSE"
    PROPOSE = "PROPOSE"
    VERIFY = "VERIFY"
    DECIDE = "DECIDE"


class EvidenceKind(StrEnum):
    """What an observation is; the calibration gives each its weight."""

    API_REMOVED = "api_removed"
    API_ADDED = "api_added"
    API_CHANGED = "api_changed"
    SAME_BODY = "same_body"
    SIMILAR_BODY = "similar_body"
    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"
    SAME_SIGNATURE = "same_signature"
    ONLY_CANDIDATE = "only_candidate"
    CALL_SITES_CHANGED = "call_sites_changed"
    WARNING_NAMES_IT = "warning_names_it"
    DOCS_NAME_IT = "docs_name_it"
    DEFINITION_KNOWN = "definition_known"
    LANGUAGE_FACT = "language_fact"
    RECEIVER_TYPE_KNOWN = "receiver_type_known"
    PRIVATE_NAME = "private_name"
    ARGUMENT_DROPPED = "argument_dropped"
    RIVAL_CANDIDATE = "rival_candidate"
    OBSERVED_VALUE = "observed_value"
    OBSERVED_ONLY = "observed_only"
    PRODUCT_DIFF = "product_diff"
    CHANGED_ELSEWHERE = "changed_elsewhere"
    TESTS_UPDATED = "tests_updated"
    SMALLEST_EDIT = "smallest_edit"
    AS_AT_BASE = "as_at_base"
    SAME_TESTS = "same_tests"
    WAIT_MEASURED = "wait_measured"
    WAIT_KEPT = "wait_kept"
    SAME_PACE = "same_pace"
    PACE_UNKNOWN = "pace_unknown"
    SLOWER_BY_DIFF = "slower_by_diff"
    SLOWER_UNEXPLAINED = "slower_unexplained"
    TIME_IS_MEANT = "time_is_meant"
    SERVICE_GIVEN = "service_given"
    DEPENDENCE_FOUND = "dependence_found"
    SEED_PROVED = "seed_proved"
    STATE_PROVED = "state_proved"
    DEPENDENCE_AT_BASE = "dependence_at_base"
    DEPENDENCE_IS_NEW = "dependence_is_new"
    VERIFIED = "verified"


@dataclass(frozen=True)
class Evidence:
    """One observation that speaks for or against an edit, as a sentence that a reviewer can check."""

    kind: EvidenceKind
    sentence: str


@dataclass(frozen=True)
class Commit:
    """A commit between base and head, with the paths that it touched."""

    revision: str
    message: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """How sure a heal must be (confidence, 0 to 1), in how many fresh processes it must pass,
    and for how many seconds all heals together may be tried on mutants (0: not at all).

    Tests that pass as they run by themselves run in so many other `orders` too, and those that fail there
    are healed.
    """

    heal_at: float = 0.90
    review_at: float = 0.75
    propose_at: float = 0.60
    verify_runs: int = 3
    mutation_seconds: float = 20.0
    orders: int = 0


@dataclass(frozen=True)
class LineEdit:
    """Lines `start` to `stop` (counted from 0, `stop` not included) of a file's first text,
    and what stands there now.
    """

    path: str
    start: int
    stop: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class TestHealing:
    """What became of one failing test. `edits` are what it needs, or what was tried and rejected; `grounds`
    the kinds of evidence that its confidence comes from. Tests with the same `cause` are healed by the same
    rules of editing; it is empty where nothing is edited.
    """

    __test__ = False

    test: str
    verdict: Verdict
    strategy: str | None = None
    confidence: float = 0.0
    review: bool = False
    evidence: tuple[str, ...] = ()
    grounds: tuple[EvidenceKind, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    failure: str = ""
    diff: str = ""
    edits: tuple[LineEdit, ...] = ()
    cause: str = ""


@dataclass(frozen=True)
class LaterRun:
    """How a test that an earlier healing (its id) healed did in a later run, with the heal in its file."""

    healing: str
    test: str
    passed: bool


@dataclass(frozen=True)
class Progress:
    """How far the pipeline is; `total` is 0 where it is not known, `test` is set when a test was decided."""

    stage: Stage
    message: str
    done: int = 0
    total: int = 0
    test: TestHealing | None = None


@dataclass(frozen=True)
class StrategyInfo:
    """What ListStrategies tells of a strategy."""

    id: str
    heals: str
    evidence: str
    available: bool


@dataclass(frozen=True)
class SourceChange:
    """A file's text before and after."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Refusal:
    """Why the product looks broken: a sentence that a reviewer can check, and what supports it."""

    reason: str
    evidence: Sequence[str] = field(default_factory=tuple)


Texts = Mapping[str, str]
