"""Jobs: a command in an environment, its limits, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from maestro_core.errors import FailedPrecondition
from maestro_environment.domain.environment import UNBOUNDED, Failure, Limits
from maestro_environment.domain.names import JobName, WorkspaceName


class JobState(StrEnum):
    """Where a job is in its life."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    CANCELLED = "CANCELLED"
    ERROR = "ERROR"

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self not in (JobState.PENDING, JobState.RUNNING)

    @property
    def retried(self) -> bool:
        """Whether a job with retries left is started again after this end."""
        return self in (JobState.FAILED, JobState.TIMED_OUT, JobState.OUT_OF_MEMORY)


class NetworkAccess(StrEnum):
    """What of the network a job reaches."""

    NONE = "NONE"
    HOST = "HOST"


class TestOutcome(StrEnum):
    """How one test ended."""

    __test__ = False

    PASSED = "PASSED"
    FAILED = "FAILED"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test of a JUnit file; `file` is where it stands, where the file says so."""

    __test__ = False

    class_name: str
    name: str
    outcome: TestOutcome
    seconds: float = 0.0
    message: str = ""
    details: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class CacheMount:
    """A folder that is kept between the jobs of a tenant."""

    name: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a job left."""

    path: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What to run.

    `overlay` names the files that are laid over the workspace: true where there is new content (the backend
    keeps it until the job starts), false where the file is taken away. `{workspace}`, `{artifacts}` and
    `{cache.NAME}` in `command`, `env` and `working_directory` stand for folders.
    """

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    working_directory: str = ""
    workspace: WorkspaceName | None = None
    overlay: Mapping[str, bool] = field(default_factory=dict)
    caches: tuple[CacheMount, ...] = ()
    timeout: timedelta = timedelta(minutes=10)
    limits: Limits = UNBOUNDED
    retries: int = 0
    network: NetworkAccess = NetworkAccess.NONE
    junit_path: str = ""
    artifact_patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a backend says of a run that ended."""

    state: JobState
    started: datetime
    ended: datetime
    exit_code: int | None = None
    failure: Failure | None = None
    artifacts: tuple[Artifact, ...] = ()
    peak_memory_bytes: int = 0
    log_bytes: int = 0
    log_truncated: bool = False
    junit: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """The record of a job."""

    name: JobName
    spec: JobSpec
    create_time: datetime
    state: JobState = JobState.PENDING
    cancel_requested: bool = False
    failure: Failure | None = None
    exit_code: int | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    results: tuple[TestCase, ...] | None = None
    artifacts: tuple[Artifact, ...] = ()
    peak_memory_bytes: int = 0
    log_bytes: int = 0
    log_truncated: bool = False
    attempts: int = 0
    etag: str = ""

    def running(self, now: datetime) -> Job:
        """Started once more."""
        self._require(JobState.PENDING)
        return replace(self, state=JobState.RUNNING, start_time=now, attempts=self.attempts + 1)

    def handed_back(self) -> Job:
        """Waiting again, after a service that ran it has stopped."""
        self._require(JobState.RUNNING)
        return replace(self, state=JobState.PENDING, start_time=None)

    def finished(self, outcome: JobOutcome, results: tuple[TestCase, ...] | None) -> Job:
        """Ended as `outcome` says; waiting again where that is an end with retries left."""
        self._require(JobState.RUNNING)
        if outcome.state.retried and self.attempts <= self.spec.retries and not self.cancel_requested:
            return self.handed_back()
        return replace(
            self,
            state=outcome.state,
            failure=outcome.failure,
            exit_code=outcome.exit_code,
            start_time=outcome.started,
            end_time=outcome.ended,
            results=results,
            artifacts=outcome.artifacts,
            peak_memory_bytes=outcome.peak_memory_bytes,
            log_bytes=outcome.log_bytes,
            log_truncated=outcome.log_truncated,
        )

    def noting(self, failure: Failure) -> Job:
        """The same, with words on what else went wrong."""
        return replace(self, failure=failure)

    def ended_unrun(self, state: JobState, failure: Failure | None, now: datetime) -> Job:
        """Ended without running (again): cancelled, or impossible."""
        if self.state.ended:
            raise FailedPrecondition(f"{self.name} has ended already.", reason="JOB_STATE")
        return replace(self, state=state, failure=failure, end_time=now)

    def _require(self, state: JobState) -> None:
        if self.state is not state:
            raise FailedPrecondition(f"{self.name} is {self.state}, not {state}.", reason="JOB_STATE")
