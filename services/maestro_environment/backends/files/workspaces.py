"""Uploaded workspaces: one folder for each content and tenant."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import IO

from maestro_core.errors import InvalidArgument, ResourceExhausted
from maestro_environment.backends.files import archives, trees
from maestro_environment.domain.names import WorkspaceName
from maestro_environment.domain.ports import Workspace

_FACTS = "workspace.json"
_FILES = "files"


class WorkspaceFolders:
    """Implements `domain.ports.Workspaces` below a folder: `{tenant}/{id}/files` and the facts beside it."""

    def __init__(self, root: Path, *, max_archive_bytes: int = 2**30) -> None:
        self._root = root
        self._max_bytes = max_archive_bytes
        self._bounds = archives.Bounds()

    def folder(self, name: WorkspaceName) -> Path:
        """Where its files are."""
        return self._place(name) / _FILES

    async def find(self, tenant: str, sha256: str) -> Workspace | None:
        """The workspace with this content, where it is there."""
        name = _name(tenant, sha256)
        return await asyncio.to_thread(self._facts, name) if await self.exists(name) else None

    async def exists(self, name: WorkspaceName) -> bool:
        """Whether it is there; one that is asked for is kept for another day."""
        try:
            os.utime(self._place(name) / _FACTS)
        except FileNotFoundError:
            return False
        return True

    async def upload(self, tenant: str, sha256: str, pieces: AsyncIterator[bytes]) -> Workspace:
        """Take a tar archive. Raises InvalidArgument, ResourceExhausted."""
        home = self._root / tenant
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as archive:
            digest, size = await self._receive(pieces, archive)
            if sha256 and digest != sha256:
                raise InvalidArgument(
                    f"The archive's SHA-256 is {digest}, not {sha256}.", reason="CHECKSUM_MISMATCH"
                )
            if (known := await self.find(tenant, digest)) is not None:
                return known
            return await asyncio.to_thread(self._keep, _name(tenant, digest), archive, size)

    async def discard_unused(self, before: datetime) -> None:
        """Remove what no job has asked for since `before`, and uploads that broke off before it."""
        await asyncio.to_thread(self._discard_unused, before.timestamp())

    async def _receive(self, pieces: AsyncIterator[bytes], archive: IO[bytes]) -> tuple[str, int]:
        digest = hashlib.sha256()
        size = 0
        async for piece in pieces:
            size += len(piece)
            if size > self._max_bytes:
                raise ResourceExhausted(
                    f"An archive has {self._max_bytes} bytes at most.", reason="WORKSPACE_TOO_LARGE"
                )
            digest.update(piece)
            await asyncio.to_thread(archive.write, piece)
        archive.seek(0)
        return digest.hexdigest(), size

    def _keep(self, name: WorkspaceName, archive: IO[bytes], size: int) -> Workspace:
        place = self._place(name)
        draft = Path(tempfile.mkdtemp(dir=place.parent))
        try:
            (draft / _FILES).mkdir(mode=0o755)
            count = archives.unpack(archive, draft / _FILES, self._bounds)
            (draft / _FACTS).write_text(json.dumps({"size_bytes": size, "files": count}))
            try:
                draft.rename(place)
            except OSError:  # the same upload came first
                if not place.is_dir():
                    raise
        finally:
            trees.remove(draft)
        return self._facts(name)

    def _facts(self, name: WorkspaceName) -> Workspace:
        facts = json.loads((self._place(name) / _FACTS).read_text())
        return Workspace(name, facts["size_bytes"], facts["files"])

    def _place(self, name: WorkspaceName) -> Path:
        return self._root / name.tenant / name.id

    def _discard_unused(self, before: float) -> None:
        for place in self._root.glob("*/*"):
            facts = place / _FACTS
            if (facts if facts.exists() else place).stat().st_mtime < before:
                trees.remove(place)


def _name(tenant: str, sha256: str) -> WorkspaceName:
    return WorkspaceName(tenant, f"w{sha256[:62]}")
