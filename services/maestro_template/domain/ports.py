"""What the use cases need from outside. Adapters in `store` and `backends` provide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from maestro_template.domain.importing import Imported
from maestro_template.domain.merging import Contested
from maestro_template.domain.model import (
    Folder,
    Json,
    Language,
    Manifest,
    Problem,
    Rendered,
    Template,
    Version,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A version's content as it was read: immutable, so `object_id` may key any cache."""

    object_id: str
    manifest: Manifest
    folder: Folder


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version as the repository knows it."""

    template_id: str
    number: str
    object_id: str
    author: str
    message: str
    created_at: datetime


def origin_of(template: Template, version: Version) -> dict[str, str]:
    """What an answers file says of where a project came from."""
    return {"template": template.id, "version": version.number, "commit": version.object_id}


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current time, in UTC."""
        ...


class Repository(Protocol):
    """Versions' contents: one git repository a tenant, a branch a template, a commit and a tag a version."""

    async def tenants(self) -> Sequence[str]:
        """The tenants that have a repository."""
        ...

    async def commit(
        self, tenant: str, template_id: str, number: str, folder: Folder, *, author: str, message: str
    ) -> StoredVersion:
        """Add a version on top of the branch, whatever other writers do meanwhile.

        The same content under the same number answers with what is there already.
        Raises AlreadyExists (VERSION_EXISTS), Aborted (REPOSITORY_BUSY).
        """
        ...

    async def read(self, tenant: str, object_id: str) -> Source:
        """A version's content. Raises NotFound (VERSION_NOT_FOUND)."""
        ...

    async def versions(self, tenant: str) -> Sequence[StoredVersion]:
        """Every tagged version in a tenant's repository."""
        ...

    async def withdraw(self, tenant: str, version: StoredVersion) -> None:
        """Undo a commit: its tag goes, and the branch goes back where nothing came on top."""
        ...

    async def remove(self, tenant: str, template_id: str) -> None:
        """Take a template's branch and tags away, its commits stay; does nothing where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a tenant and somebody in it."""

    tenant: str
    subject: str


@dataclass(frozen=True, slots=True)
class Query:
    """A page of a list: `filter` and `order_by` as AIP-160 and AIP-132 write them."""

    page_size: int
    page_token: str = ""
    filter: str = ""
    order_by: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of templates, and the token of the next one, empty at the end."""

    templates: tuple[Template, ...]
    next_page_token: str


class Templates(Protocol):
    """The index of templates and their versions. Every change writes its event in the same transaction."""

    async def find(self, tenant: str, template_id: str) -> Template | None:
        """A template of this tenant, or None."""
        ...

    async def earlier(self) -> Template | None:
        """What the current request answered when it came before; None where it is new or carries no id.

        Raises AlreadyExists (REQUEST_ID_REUSED).
        """
        ...

    async def find_visible(self, tenant: str, template_id: str) -> Template | None:
        """What a tenant means by an id: its own template, else the shared one, else None."""
        ...

    async def find_shared(self, template_id: str) -> Template | None:
        """A template that everybody sees, or None."""
        ...

    async def list(self, tenant: str, query: Query) -> Page:
        """A page of this tenant's templates and the shared ones.

        Raises InvalidArgument for a bad token, filter or order.
        """
        ...

    async def resolve(self, tenant: str, hits: Sequence[Hit]) -> Sequence[Template | None]:
        """The template of each hit, None for one that this tenant does not see (any more)."""
        ...

    async def all(self) -> Sequence[Template]:
        """Every template of every tenant, for the search index alone."""
        ...

    async def owned(self, tenant: str) -> Sequence[Template]:
        """Every template of a tenant's own."""
        ...

    async def adopt(
        self, caller: Caller, template_id: str, grow: Callable[[Template | None], Template]
    ) -> Template:
        """Store what a remote gave of a template, which `grow` makes of what is there, or of None.

        One call may adopt many, so none of them is the answer to its request id.
        """
        ...

    async def add(self, caller: Caller, template: Template) -> Template:
        """Store a new template. Raises AlreadyExists (TEMPLATE_EXISTS)."""
        ...

    async def change(
        self,
        caller: Caller,
        template_id: str,
        edit: Callable[[Template], Template],
        *,
        etag: str = "",
        comment: str = "",
    ) -> Template:
        """Read, edit and store in one transaction.

        Raises NotFound (TEMPLATE_NOT_FOUND), Aborted (ETAG_MISMATCH) and whatever `edit` raises.
        """
        ...

    async def remove(self, caller: Caller, template_id: str, *, etag: str = "") -> Template:
        """Remove a template and give what it was.

        Raises NotFound (TEMPLATE_NOT_FOUND), Aborted (ETAG_MISMATCH).
        """
        ...

    async def record_use(self, caller: Caller, template_id: str, number: str) -> None:
        """Count a rendering, and tell the usage stream of it."""
        ...

    async def uses(self, tenant: str) -> Mapping[str, int]:
        """How often this tenant rendered each template."""
        ...


class Renderer(Protocol):
    """Runs templates where they can do no harm."""

    async def render(
        self, source: Source, answers: Mapping[str, Json], origin: Mapping[str, str], only: str = ""
    ) -> Rendered:
        """Render a template, or `only` one path of its output.

        Raises InvalidArgument (ANSWERS_INVALID, TEMPLATE_FAILS, OUTPUT_PATH_INVALID, PATH_NOT_RENDERED) and
        ResourceExhausted (OUTPUT_TOO_LARGE, RENDER_LIMIT, RENDERER_BUSY).
        """
        ...

    async def problems(self, source: Source) -> Sequence[Problem]:
        """What does not compile. Raises ResourceExhausted (RENDER_LIMIT, RENDERER_BUSY)."""
        ...

    async def syntax(self, folder: Folder) -> Sequence[Problem]:
        """What is not what its name says. Raises ResourceExhausted (RENDER_LIMIT, RENDERER_BUSY)."""
        ...

    async def convert(
        self, folder: Folder, language: Language | None, template_id: str, owner: str
    ) -> Imported:
        """Make a template of a folder that another tool would take.

        Raises InvalidArgument (FILES_INVALID, FORMAT_UNKNOWN, IMPORT_REFUSED) and ResourceExhausted
        (TEMPLATE_TOO_LARGE, RENDER_LIMIT, RENDERER_BUSY).
        """
        ...


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to look for. Values of one facet are alternatives, facets narrow each other."""

    text: str
    facets: Mapping[str, Sequence[str]]
    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A template that was found; a higher score fits better, within one answer."""

    tenant: str
    template_id: str
    score: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best hits, how many there are, and for each facet how many of them have which value."""

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class MergedLines:
    """A file's merged lines. Where it is not clean, both sides stand in it between markers."""

    content: bytes
    clean: bool


class LineMerger(Protocol):
    """Merges texts."""

    async def merge(self, files: Sequence[Contested], label: str) -> Sequence[MergedLines]:
        """Merge files whose three sides are all there; `label` is what markers call the template's side."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteVersion:
    """A version that a remote has and we have not: the last commit whose manifest has its number."""

    number: str
    object_id: str
    author: str
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RemoteBranch:
    """How a remote's branch stands to ours. `ours` is our tip, empty where we have no such branch.

    Where it is ahead, `versions` are new, oldest first, or `problem` says why they can't be had.
    """

    name: str
    tip: str
    ours: str
    ahead: bool
    behind: bool
    diverged: bool
    versions: tuple[RemoteVersion, ...]
    problem: str = ""


class Talk(Protocol):
    """What a remote holds, fetched aside, and the ways to take it and to answer."""

    async def branches(self, known: Mapping[str, Sequence[str]]) -> Sequence[RemoteBranch]:
        """How each branch stands to ours; `known` are the object ids of each template's versions.

        Raises ResourceExhausted (REMOTE_TOO_LARGE).
        """
        ...

    async def read(self, version: RemoteVersion) -> Folder:
        """A version's files.

        Raises InvalidArgument (FILES_INVALID), ResourceExhausted (TEMPLATE_TOO_LARGE).
        """
        ...

    async def adopt(self, branch: RemoteBranch, versions: Sequence[RemoteVersion]) -> Sequence[StoredVersion]:
        """Move our branch to the remote's, and tag the versions on it. Raises Aborted (REPOSITORY_BUSY)."""
        ...

    async def push(self, branches: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        """Send branches, each with its versions' object ids by number; gives those that were not taken.

        Raises what talking to a remote raises.
        """
        ...


class Remotes(Protocol):
    """Git repositories elsewhere."""

    def talk(self, tenant: str, name: str) -> AbstractAsyncContextManager[Talk]:
        """Talk with a remote.

        Raises NotFound (REMOTE_NOT_FOUND), Aborted (SYNC_RUNNING), Unavailable (REMOTE_TIMEOUT,
        REMOTE_UNAVAILABLE), FailedPrecondition (REMOTE_REFUSED), ResourceExhausted (REMOTE_TOO_LARGE).
        """
        ...


class SearchIndex(Protocol):
    """Finds templates by their words. It can always be rebuilt from the store."""

    async def rebuild(self, templates: Sequence[Template]) -> None:
        """Forget everything and index these templates."""
        ...

    async def put(self, template: Template) -> None:
        """Add or replace one template."""
        ...

    async def remove(self, tenant: str, template_id: str) -> None:
        """Forget one template."""
        ...

    async def search(self, tenant: str, query: SearchQuery) -> SearchResult:
        """Search what this tenant may see."""
        ...
