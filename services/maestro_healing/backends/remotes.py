"""Implements `domain.usecases.monitor_ports.Revisions` and `Branches`: folders, and git URLs."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from maestro_core.errors import FailedPrecondition, FieldViolation, InvalidArgument
from maestro_healing.backends import clones
from maestro_healing.backends.branches import BranchOrder
from maestro_healing.backends.scratch import Scratch
from maestro_healing.backends.sources import Sources
from maestro_healing.backends.workers.pool import WorkerPool
from maestro_healing.domain.delivery import Branch
from maestro_healing.domain.healing import Source


class Remotes:
    """What monitors ask of where projects are from. What may be named there is asked anew each time."""

    def __init__(
        self, sources: Sources, workers: WorkerPool, scratch: Scratch, credentials: Path | None
    ) -> None:
        """`credentials` is a folder with a file for each tenant that may push, as git's credential store."""
        self._sources = sources
        self._workers = workers
        self._scratch = scratch
        self._credentials = credentials

    async def current(self, source: Source) -> str:
        """The revision, without getting the project. Raises CannotHeal and DomainError."""
        self._sources.check(source)
        if source.path:
            return await self._workers.state(Path(source.path))
        return await clones.resolve(source.git_url, source.git_revision or "HEAD")

    async def check(self, tenant: str, source: Source) -> None:
        """Raise InvalidArgument or FailedPrecondition where nothing can be pushed there."""
        if clones.local_path(source.git_url):
            return
        if not source.git_url.startswith("https://"):
            rule = "goes by https alone, or to a file URL"
            raise InvalidArgument(
                f"monitor.push {rule}.",
                reason="PUSH_NOT_POSSIBLE",
                violations=[FieldViolation("monitor.push", rule)],
            )
        self._file_of(tenant)

    async def make(self, tenant: str, source: Source, revision: str, branch: Branch) -> str:
        """Make a branch at a revision; gives its last commit. Raises CannotHeal and DomainError."""
        self._sources.check(source)
        local = source.path or clones.local_path(source.git_url)
        if local:
            alone = not source.path
            return await self._workers.branch(BranchOrder(Path(local), alone, revision, branch))
        credentials = self._file_of(tenant)
        work = self._scratch.new("branch")
        try:
            folder = await self._sources.fetch(source, work / "clone")
            commit = await self._workers.branch(BranchOrder(folder, True, revision, branch))
            await clones.push(folder, source.git_url, commit, branch.name, credentials)
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        return commit

    def _file_of(self, tenant: str) -> Path:
        file = self._credentials / tenant if self._credentials is not None else None
        if file is None or not file.is_file():
            raise FailedPrecondition(
                "The settings hold no credentials of this tenant to push with (MAESTRO_GIT_CREDENTIALS).",
                reason="NO_CREDENTIALS",
            )
        return file
