"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from maestro_healing.domain.followup import Followed
from maestro_healing.domain.guard import Review, TouchedTest
from maestro_healing.domain.healing import Healing, HealingSpec, Lease
from maestro_healing.domain.looking import CheckRequest
from maestro_healing.domain.model import Progress, StrategyInfo
from maestro_healing.domain.monitor import ErrorKind, Seen
from maestro_healing.domain.mutation.kept import Kept
from maestro_healing.domain.ports import Listener, RunRequest
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.sources import Project


@dataclass(frozen=True)
class Query:
    """Which part of a list."""

    page_size: int = 0
    page_token: str = ""
    filter: str = ""
    order_by: str = ""


R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class Page(Generic[R_co]):
    """Some of a tenant's records."""

    items: Sequence[R_co]
    next_page_token: str


Key = tuple[str, str]
"""Tenant and id of a record."""
Change = Callable[[Healing], Healing]


class Healings(Protocol):
    """Keeps the records; each change and its event are one transaction."""

    async def create(self, healing: Healing) -> Healing:
        """Keep a new one, once for each request. Raises AlreadyExists."""
        ...

    async def get(self, tenant: str, id: str) -> Healing:
        """One healing. Raises NotFound."""
        ...

    async def list(self, tenant: str, query: Query) -> Page[Healing]:
        """Some of them. Raises InvalidArgument."""
        ...

    def all(self, tenant: str) -> AsyncIterator[Healing]:
        """All of a tenant's; few of them are in memory at one time."""
        ...

    async def change(self, tenant: str, id: str, change: Change) -> Healing:
        """Change one for a caller, once for each request, and audited. Raises NotFound."""
        ...


class Leased(Protocol):
    """What one process at a time is at work on."""

    @property
    def key(self) -> Key:
        """What the store knows it by."""
        ...

    @property
    def name(self) -> str:
        """Its resource name."""
        ...


T_co = TypeVar("T_co", bound=Leased, covariant=True)


class Leases(Protocol[T_co]):
    """Who is at work on what, where several processes share the records.

    What a holder writes is refused with LeaseLost once the lease is another's or has ended.
    """

    async def free(self, now: datetime) -> Sequence[T_co]:
        """Every tenant's that wait and that nobody is at work on, the oldest first."""
        ...

    async def take(self, key: Key, lease: Lease, now: datetime) -> T_co | None:
        """Begin one that is free; None where it is not."""
        ...

    async def renew(self, keys: Collection[Key], lease: Lease) -> Collection[Key]:
        """Hold what the lease's holder still holds for longer; gives what is no longer theirs."""
        ...


class HealingLeases(Leases[Healing], Protocol):
    """Who is at work on which healing."""

    async def advance(self, key: Key, holder: str, change: Change) -> Healing:
        """Change one for whoever holds it; the lease ends where it runs no longer. Raises LeaseLost."""
        ...

    async def tell(self, healing: Healing, holder: str, progress: Progress) -> None:
        """Publish how far whoever holds one is. Raises LeaseLost."""
        ...

    async def earlier(self, tenant: str) -> Sequence[Healing]:
        """The last healings of a tenant that ended with a report."""
        ...


@dataclass(frozen=True)
class Ran:
    """What one run of tests left: the probe's file (None without one), and how the process ended.

    `unavailable` says which service could not be had, and why: then nothing was run.
    """

    document: bytes | None
    exit_status: int | None
    timed_out: bool
    out_of_memory: bool
    log_tail: str
    seconds: float
    unavailable: str = ""


class Runs(Protocol):
    """Runs a project's tests, away from the user's tree."""

    async def run(self, request: RunRequest) -> Ran:
        """One run to its end, in a fresh process; others may be under way. Ends its work when cancelled.

        Raises CannotHeal and DomainError where nothing can be run.
        """
        ...

    async def check(self, request: CheckRequest) -> Ran:
        """One run of a tool on the head; its document is what it wrote to its standard output."""
        ...


@dataclass(frozen=True)
class Opened:
    """A project that is ready to be healed, and what runs its tests."""

    project: Project
    runs: Runs
    head_revision: str
    base_revision: str


class Visit(Protocol):
    """What a project is opened for. The same one may start several times; `starts` counts from 1."""

    @property
    def tenant(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def spec(self) -> HealingSpec: ...
    @property
    def create_time(self) -> datetime: ...
    @property
    def starts(self) -> int: ...


class Workshop(Protocol):
    """Gets projects ready: private copies, an interpreter, an environment to run in."""

    async def check_spec(self, spec: HealingSpec) -> None:
        """Raise a DomainError where the spec names what may not or can not be."""
        ...

    async def check(self, healing: Healing) -> None:
        """Raise a DomainError where the spec names what may not or can not be, or nothing can be run now."""
        ...

    def open(self, visit: Visit, tell: Listener) -> AbstractAsyncContextManager[Opened]:
        """The project, ready until the block ends. Raises CannotHeal and DomainError."""
        ...


@dataclass(frozen=True)
class ChangedFile:
    """A file's content before and after a change; None where there is no such file."""

    path: str
    old: bytes | None
    new: bytes | None


class Engines(Protocol):
    """The engine and the guard, where they stall nobody. To cancel a call ends what it began at once."""

    async def heal(
        self, opened: Opened, spec: HealingSpec, tell: Listener, heals: Sequence[Followed] = ()
    ) -> HealingReport:
        """A verdict for each failing test, and how the tests of earlier heals do.

        Raises CannotHeal, and what the runs raise.
        """
        ...

    async def look(self, opened: Opened, spec: HealingSpec, kinds: Sequence[ErrorKind]) -> Seen:
        """What is wrong with a project. Raises CannotHeal, and what the runs raise."""
        ...

    async def strategies(self) -> Sequence[StrategyInfo]:
        """What the engine knows to do."""
        ...

    async def review(self, files: Sequence[ChangedFile]) -> Review:
        """What a change to tests weakens. Raises InvalidArgument."""
        ...

    async def kept(
        self, opened: Opened, spec: HealingSpec, touched: Sequence[TouchedTest]
    ) -> Mapping[str, Kept]:
        """What tests keep of the mutants that they killed. Raises CannotHeal, and what the runs raise."""
        ...
