"""Removes what is kept for a while only: files of ended jobs, workspaces that nobody uses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from maestro_core.clock import Clock
from maestro_core.errors import DomainError
from maestro_environment.domain.policy import Policy
from maestro_environment.domain.ports import Backend, JobFiles, Store, Workspaces

_log = structlog.get_logger(__name__)
_PERIOD = 600.0


@dataclass(frozen=True)
class Housekeeping:
    """A slow loop beside the quick ones."""

    store: Store
    backend: Backend
    files: JobFiles
    workspaces: Workspaces
    policy: Policy
    clock: Clock

    async def run(self) -> None:
        """Tidy up at the start and then now and again, until cancelled."""
        while True:
            try:
                await self.round()
            except (DomainError, OSError) as error:
                _log.warning("housekeeping failed", error=str(error))
            await asyncio.sleep(_PERIOD)

    async def round(self) -> None:
        """Remove what is old, and what lies about of environments that have ended."""
        before = self.clock.now() - self.policy.keep_files
        await self.workspaces.discard_unused(before)
        await self.files.discard_ended(before)
        present = await self.backend.present()  # first: what is made meanwhile is no orphan
        living = await self.store.read(lambda reader: reader.living())
        for orphan in set(present) - {environment.name for environment in living}:
            await self.backend.terminate(orphan)
            _log.warning("orphan removed", orphan=str(orphan))
