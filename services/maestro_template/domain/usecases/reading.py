"""Looking at templates: one, many, their versions, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestro_template.domain.diffing import FileChange, diff
from maestro_template.domain.lifecycle import pick, precedence
from maestro_template.domain.model import Template, Version
from maestro_template.domain.ports import (
    Hit,
    Page,
    Query,
    Repository,
    SearchIndex,
    SearchQuery,
    SearchResult,
    Source,
    Templates,
)
from maestro_template.domain.usecases.access import find_visible


@dataclass(frozen=True, slots=True)
class Shown:
    """A template at one of its versions, with what that version holds."""

    template: Template
    version: Version
    source: Source


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a search with their templates, and the counts of the facets."""

    hits: tuple[tuple[Hit, Template], ...]
    result: SearchResult


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many templates there are, in which status and category, and how often each was rendered."""

    templates: int
    by_status: Mapping[str, int]
    by_category: Mapping[str, int]
    renders: Mapping[str, int]


class Reading:
    """The use cases that change nothing."""

    def __init__(self, repository: Repository, templates: Templates, index: SearchIndex) -> None:
        self._repository = repository
        self._templates = templates
        self._index = index

    async def get(self, tenant: str, template_id: str, number: str = "") -> Shown:
        """One template at one version, the newest for an empty number.

        Raises NotFound (TEMPLATE_NOT_FOUND, VERSION_NOT_FOUND).
        """
        template = await find_visible(self._templates, tenant, template_id)
        return await self.show(template, pick(template, number))

    async def show(self, template: Template, version: Version) -> Shown:
        """A template at one of its versions. Raises NotFound (VERSION_NOT_FOUND)."""
        return Shown(template, version, await self._repository.read(template.tenant, version.object_id))

    async def list(self, tenant: str, query: Query) -> Page:
        """A page of the tenant's templates and the shared ones. Raises InvalidArgument for a bad query."""
        return await self._templates.list(tenant, query)

    async def search(self, tenant: str, query: SearchQuery) -> Found:
        """The templates that fit best, with facets."""
        result = await self._index.search(tenant, query)
        # The index lags behind by the blink of an eye; the store has the last word.
        templates = await self._templates.resolve(tenant, result.hits)
        hits = [(hit, found) for hit, found in zip(result.hits, templates, strict=True) if found]
        return Found(tuple(hits), result)

    async def statistics(self, tenant: str) -> Statistics:
        """Counts of what the tenant sees and uses."""
        counted = await self._index.search(tenant, SearchQuery("", {}, limit=1))
        return Statistics(
            counted.total,
            counted.facets["status"],
            counted.facets["category"],
            await self._templates.uses(tenant),
        )

    async def versions(self, tenant: str, template_id: str) -> Sequence[Version]:
        """All versions, highest first. Raises NotFound (TEMPLATE_NOT_FOUND)."""
        template = await find_visible(self._templates, tenant, template_id)
        return sorted(template.versions, key=precedence, reverse=True)

    async def diff(self, tenant: str, template_id: str, old: str, new: str) -> Sequence[FileChange]:
        """What changed between two versions, the newest where `new` is empty.

        Raises NotFound (TEMPLATE_NOT_FOUND, VERSION_NOT_FOUND).
        """
        template = await find_visible(self._templates, tenant, template_id)
        before = await self.show(template, pick(template, old))
        after = await self.show(template, pick(template, new))
        return list(diff(before.source.folder, after.source.folder))
