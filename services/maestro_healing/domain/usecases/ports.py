"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from maestro_healing.domain.healing import Healing
from maestro_healing.domain.model import Progress
from maestro_healing.domain.ports import Listener, Runner
from maestro_healing.domain.sources import Project


@dataclass(frozen=True)
class Query:
    """Which part of a list."""

    page_size: int = 0
    page_token: str = ""
    filter: str = ""
    order_by: str = ""


@dataclass(frozen=True)
class Page:
    """Some of a tenant's healings."""

    items: Sequence[Healing]
    next_page_token: str


Change = Callable[[Healing], Healing]


class Healings(Protocol):
    """Keeps the records; each change and its event are one transaction."""

    async def create(self, healing: Healing) -> Healing:
        """Keep a new one, once for each request. Raises AlreadyExists."""
        ...

    async def get(self, tenant: str, id: str) -> Healing:
        """One healing. Raises NotFound."""
        ...

    async def list(self, tenant: str, query: Query) -> Page:
        """Some of them. Raises InvalidArgument."""
        ...

    async def all(self, tenant: str) -> Sequence[Healing]:
        """All of a tenant's."""
        ...

    async def unfinished(self) -> Sequence[Healing]:
        """Every tenant's that have not ended."""
        ...

    async def change(self, tenant: str, id: str, change: Change) -> Healing:
        """Change one for a caller, once for each request, and audited. Raises NotFound."""
        ...

    async def advance(self, tenant: str, id: str, change: Change) -> Healing:
        """Change one on the service's own account."""
        ...

    async def tell(self, healing: Healing, progress: Progress) -> None:
        """Publish how far one is."""
        ...


@dataclass(frozen=True)
class Opened:
    """A project that is ready to be healed, and the runner of its tests."""

    project: Project
    runner: Runner
    head_revision: str
    base_revision: str


class Workshop(Protocol):
    """Gets projects ready: private copies, an interpreter, an environment to run in."""

    async def check(self, healing: Healing) -> None:
        """Raise a DomainError where the spec names what may not or can not be, or nothing can be run now."""
        ...

    def open(self, healing: Healing, tell: Listener) -> AbstractAsyncContextManager[Opened]:
        """The project, ready until the block ends. Raises CannotHeal and DomainError."""
        ...
