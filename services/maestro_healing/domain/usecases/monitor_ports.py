"""What the use cases of monitors need from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from maestro_healing.domain.delivery import Branch
from maestro_healing.domain.healing import Healing, Source
from maestro_healing.domain.monitor import Heal, Look, Monitor
from maestro_healing.domain.usecases.ports import Key, Leases, Page, Query


class Monitors(Protocol):
    """Keeps the records; what a caller changes is done once for each request, and audited."""

    async def create(self, monitor: Monitor, most: int) -> Monitor:
        """Keep a new one. Raises AlreadyExists, and ResourceExhausted where the tenant has `most` of them."""
        ...

    async def get(self, tenant: str, id: str) -> Monitor:
        """One monitor. Raises NotFound."""
        ...

    async def list(self, tenant: str, query: Query) -> Page[Monitor]:
        """Some of them. Raises InvalidArgument."""
        ...

    async def delete(self, tenant: str, id: str) -> Sequence[Key]:
        """Take one away, and cancel the healings that it asked for: their keys. Raises NotFound."""
        ...

    async def ask(self, monitor: Monitor, heal: Heal, healing: Healing) -> Healing:
        """Keep a healing that a monitor asks for: a new one, or what became of it. Raises NotFound."""
        ...


class MonitorLeases(Leases[Monitor], Protocol):
    """Who is at work on which monitor. One is free when a look is due or one of its healings has ended."""

    async def advance(self, key: Key, holder: str, change: Callable[[Monitor], Monitor]) -> Monitor:
        """Change one for whoever holds it, who keeps it. Raises LeaseLost."""
        ...

    async def end(self, key: Key, holder: str, change: Callable[[Monitor], Monitor]) -> None:
        """Change one for whoever holds it, who lets it go. Raises LeaseLost."""
        ...

    async def publish(self, key: Key, holder: str, look: Look) -> None:
        """Note a look and publish the errors that are new with it, in one transaction; the lease ends.

        Raises LeaseLost.
        """
        ...

    async def ended(self, monitor: Monitor, now: datetime) -> Sequence[tuple[Heal, Healing]]:
        """The healings that one asked for and that have ended, where their branches may be made now."""
        ...


class Revisions(Protocol):
    """Tells which revision a watched project is at."""

    async def current(self, source: Source) -> str:
        """The revision, without getting the project. Raises CannotHeal and DomainError."""
        ...


class Branches(Protocol):
    """Makes branches where a project is from. To make one again changes nothing."""

    async def check(self, tenant: str, source: Source) -> None:
        """Raise a DomainError where nothing can be pushed there."""
        ...

    async def make(self, tenant: str, source: Source, revision: str, branch: Branch) -> str:
        """Make a branch at a revision; gives its last commit. Raises CannotHeal and DomainError."""
        ...
