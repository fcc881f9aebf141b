"""What the use cases need from the world: a place for environments, a store of records, a store of files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeAlias, TypeVar

from maestro_environment.domain.environment import Connection, Environment, Failure, Isolation, ServiceKind
from maestro_environment.domain.job import Job, JobOutcome
from maestro_environment.domain.names import EnvironmentName, JobName, WorkspaceName

T = TypeVar("T")
Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ProvisionError(Exception):
    """An environment can't be provided; trying again would not help."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(reason, message)


class Observed(StrEnum):
    """What a backend sees of an environment."""

    ABSENT = "ABSENT"
    PARTIAL = "PARTIAL"
    READY = "READY"


class Backend(Protocol):
    """A place where environments live. Each method can be repeated: it then finishes what was begun."""

    @property
    def name(self) -> str:
        """Which kind of place."""
        ...

    @property
    def isolation(self) -> Isolation:
        """What walls and limits are worth here."""
        ...

    @property
    def services(self) -> frozenset[ServiceKind]:
        """The kinds of services that can be started here."""
        ...

    @property
    def max_jobs(self) -> int:
        """How many jobs may run at one time."""
        ...

    @property
    def running_jobs(self) -> int:
        """How many run now."""
        ...

    def missing(self, kind: ServiceKind) -> str:
        """What to install for a kind that can't be started here, in words."""
        ...

    async def provision(self, environment: Environment) -> None:
        """Start what is not there yet; returns when every part answers. Raises ProvisionError."""
        ...

    async def observe(self, environment: Environment) -> Observed:
        """See what is there."""
        ...

    async def terminate(self, name: EnvironmentName) -> None:
        """End every process and remove every file of an environment; what its jobs left is kept."""
        ...

    async def connections(self, environment: Environment) -> Sequence[Connection]:
        """How to reach the parts of a ready environment."""
        ...

    async def connect(self, environment: Environment, port: int) -> Streams | None:
        """A connection to a port inside an environment; None where nothing of it listens there.

        A service is reached by its usual port, whatever it really listens on.
        """
        ...

    async def run_job(self, environment: Environment, job: Job) -> JobOutcome:
        """Run a job to its end. Cancelling the call ends the job's processes too."""
        ...

    async def cancel_job(self, name: JobName) -> None:
        """End a running job; `run_job` then returns with CANCELLED."""
        ...

    async def recover_job(self, job: Job) -> JobOutcome | None:
        """How a job ended whose end was not recorded, or None where it was interrupted."""
        ...

    async def present(self) -> Sequence[EnvironmentName]:
        """Every environment of which something is there: processes, files, control groups."""
        ...


@dataclass(frozen=True, slots=True)
class Workspace:
    """Files that jobs run on."""

    name: WorkspaceName
    size_bytes: int
    files: int


class Workspaces(Protocol):
    """Keeps uploaded files, by their content."""

    async def find(self, tenant: str, sha256: str) -> Workspace | None:
        """The workspace with this content, where it is there."""
        ...

    async def upload(self, tenant: str, sha256: str, pieces: AsyncIterator[bytes]) -> Workspace:
        """Take a tar archive; `sha256` is what its content must have, or empty.

        Raises InvalidArgument for what is no safe archive, and ResourceExhausted for one that is too large.
        """
        ...

    async def exists(self, name: WorkspaceName) -> bool:
        """Whether it is there; one that is asked for is kept for another day."""
        ...

    async def discard_unused(self, before: datetime) -> None:
        """Remove what no job has asked for since `before`."""
        ...


class JobFiles(Protocol):
    """Keeps what jobs are given and what they leave: overlays, logs, artifacts."""

    async def put_overlay(self, name: JobName, files: Mapping[str, bytes]) -> None:
        """Keep files that will be laid over the job's workspace."""
        ...

    async def read_log(self, name: JobName, offset: int) -> bytes:
        """A piece of the log from `offset` on; empty where there is no more yet."""
        ...

    def read_artifact(self, name: JobName, path: str) -> AsyncIterator[bytes]:
        """The pieces of a file that was kept. Raises NotFound."""
        ...

    async def discard(self, name: JobName) -> None:
        """Remove all of one job."""
        ...

    async def discard_ended(self, before: datetime) -> None:
        """Remove the files of jobs that were last touched before `before`."""
        ...


@dataclass(frozen=True, slots=True)
class Query:
    """Which page of a list is asked for."""

    page_size: int = 0
    page_token: str = ""
    filter: str = ""
    order_by: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list."""

    items: Sequence[T]
    next_page_token: str


class Reader(Protocol):
    """Reads records, all as they were at one moment."""

    def environment(self, name: EnvironmentName) -> Environment:
        """One environment; raises NotFound."""
        ...

    def environments(self, tenant: str, query: Query) -> Page[Environment]:
        """Some of a tenant's environments."""
        ...

    def living(self) -> Sequence[Environment]:
        """Every tenant's environments that have not ended: not for a caller."""
        ...

    def living_of(self, tenant: str) -> Sequence[Environment]:
        """A tenant's environments that have not ended."""
        ...

    def count_living(self, tenant: str) -> int:
        """How many environments of a tenant have not ended."""
        ...

    def count_unfinished_jobs(self, tenant: str) -> int:
        """How many jobs of a tenant have not ended."""
        ...

    def job(self, name: JobName) -> Job:
        """One job; raises NotFound."""
        ...

    def jobs(self, tenant: str, environment: str, query: Query) -> Page[Job]:
        """Some of the jobs of an environment, or of all of the tenant's where it is empty."""
        ...

    def unfinished_jobs(self) -> Sequence[Job]:
        """Every tenant's jobs that have not ended, oldest first: not for a caller."""
        ...


class Writer(Reader, Protocol):
    """Changes records; each change is published once it is committed."""

    def add_environment(self, environment: Environment) -> Environment:
        """Keep a new one; raises AlreadyExists."""
        ...

    def save_environment(self, environment: Environment) -> Environment:
        """Keep a change; raises Aborted where it is not the record that was read."""
        ...

    def add_job(self, job: Job) -> Job:
        """Keep a new one; raises AlreadyExists."""
        ...

    def save_job(self, job: Job) -> Job:
        """Keep a change; raises Aborted where it is not the record that was read."""
        ...


class Store(Protocol):
    """Runs units of work. One may be run again where another came first: it has no side effects."""

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Read."""
        ...

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Change, on the service's own account."""
        ...

    async def change_environment(self, work: Callable[[Writer], Environment]) -> Environment:
        """Change for a caller: done once for each request, and audited."""
        ...

    async def change_job(self, work: Callable[[Writer], Job]) -> Job:
        """Change for a caller: done once for each request, and audited."""
        ...
