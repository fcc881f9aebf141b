"""What jobs are given and leave: `{tenant}/{environment}/{job}/` with overlay, log and artifacts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path

from maestro_core.errors import NotFound
from maestro_environment.backends.files import trees
from maestro_environment.domain.names import JobName

_PIECE = 2**18


class JobFolders:
    """Implements `domain.ports.JobFiles` below a folder; backends write logs and artifacts where it says."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, name: JobName) -> Path:
        """Where all of one job is kept."""
        return self._root / name.tenant / name.environment.id / name.id

    def make(self, name: JobName) -> Path:
        """Make the folder, where it is not there yet."""
        folder = self.folder(name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def overlay(self, name: JobName) -> Path:
        """Where files to be laid over the workspace wait."""
        return self.folder(name) / "overlay"

    def log(self, name: JobName) -> Path:
        """The log."""
        return self.folder(name) / "log"

    async def put_overlay(self, name: JobName, files: Mapping[str, bytes]) -> None:
        """Keep files that will be laid over the job's workspace."""
        await asyncio.to_thread(self._put_overlay, name, files)

    async def read_log(self, name: JobName, offset: int) -> bytes:
        """A piece of the log from `offset` on; empty where there is no more yet."""
        try:
            with self.log(name).open("rb") as log:
                return os.pread(log.fileno(), _PIECE, offset)
        except FileNotFoundError:
            return b""

    async def read_artifact(self, name: JobName, path: str) -> AsyncIterator[bytes]:
        """The pieces of a file that was kept. Raises NotFound."""
        place = self.folder(name) / "artifacts" / path
        if not place.is_file():
            raise NotFound(f"The files of {name} are no longer kept.", reason="ARTIFACT_NOT_FOUND")
        with place.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

    async def discard(self, name: JobName) -> None:
        """Remove all of one job."""
        await asyncio.to_thread(trees.remove, self.folder(name))

    async def discard_ended(self, before: datetime) -> None:
        """Remove the files of jobs that were last touched before `before`."""
        await asyncio.to_thread(self._discard_ended, before.timestamp())

    def _put_overlay(self, name: JobName, files: Mapping[str, bytes]) -> None:
        overlay = self.overlay(name)
        self.make(name)
        overlay.mkdir(mode=0o700, exist_ok=True)
        for path, content in files.items():
            place = overlay / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def _discard_ended(self, before: float) -> None:
        for folder in self._root.glob("*/*/*"):
            if folder.stat().st_mtime < before:
                trees.remove(folder)
        for parent in (*self._root.glob("*/*"), *self._root.glob("*")):
            if not any(parent.iterdir()):
                parent.rmdir()
