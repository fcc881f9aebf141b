"""Clearing away commits whose caller was never answered, because the service died in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from maestro_template.domain.ports import Clock, Repository, Templates

# Younger commits may belong to a writer that is still at it.
_SETTLED: Final = timedelta(minutes=1)


class Recovery:
    """What the index does not know a minute after its commit never happened."""

    def __init__(self, repository: Repository, templates: Templates, clock: Clock) -> None:
        self._repository = repository
        self._templates = templates
        self._clock = clock

    async def recover(self) -> int:
        """Withdraw the unanswered commits of all tenants, and say how many there were."""
        withdrawn = 0
        before = self._clock.now() - _SETTLED
        for tenant in await self._repository.tenants():
            known: dict[str, frozenset[str]] = {}
            for stored in await self._repository.versions(tenant):
                if stored.template_id not in known:
                    template = await self._templates.find(tenant, stored.template_id)
                    versions = template.versions if template else ()
                    known[stored.template_id] = frozenset(version.object_id for version in versions)
                if stored.object_id not in known[stored.template_id] and stored.created_at < before:
                    await self._repository.withdraw(tenant, stored)
                    withdrawn += 1
        return withdrawn
