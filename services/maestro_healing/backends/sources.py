"""Where a project's files come from: a folder of this machine, an upload, or a git URL."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maestro_core.errors import FieldViolation, InvalidArgument, NotFound, PermissionDenied
from maestro_healing.backends import archives, clones
from maestro_healing.backends.workers.pool import WorkerPool
from maestro_healing.domain.healing import Source

_LARGEST_UPLOAD = 512 * 2**20
_KEPT_SECONDS = 7 * 86400.0


@dataclass(frozen=True)
class Upload:
    """An archive that was taken."""

    name: str
    size_bytes: int


class Sources:
    """Gets hold of projects. Local paths are taken below `allowed_roots` alone."""

    def __init__(self, uploads: Path, allowed_roots: Sequence[Path], workers: WorkerPool) -> None:
        self._uploads = uploads
        self._workers = workers
        self._roots = [root.resolve() for root in allowed_roots]

    def check(self, source: Source) -> None:
        """Raise InvalidArgument, NotFound or PermissionDenied where a source can't be had."""
        if source.path:
            self._local(source.path)
        elif source.uploaded:
            self._archive(source.uploaded)
        elif source.git_revision.startswith("-"):
            raise _invalid("spec.git.revision", "must be a revision")
        elif path := clones.local_path(source.git_url):
            self._local(path, "spec.git.url")
        elif not clones.is_url(source.git_url):
            raise _invalid("spec.git.url", "must be an https or ssh URL")

    async def fetch(self, source: Source, scratch: Path) -> Path:
        """A folder with the project: the user's own for a local path, else one below `scratch`."""
        if source.path:
            return self._local(source.path)
        if source.uploaded:
            await self._workers.unpack(self._archive(source.uploaded), scratch)
        else:
            await clones.clone(source.git_url, scratch)
        return scratch

    async def take(self, tenant: str, data: AsyncIterator[bytes]) -> Upload:
        """Keep an archive under the digest of its content. Raises InvalidArgument."""
        folder = self._uploads / tenant
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        handle, temporary = tempfile.mkstemp(dir=folder)
        self._discard_unused(folder)
        try:
            with os.fdopen(handle, "wb") as file:
                async for piece in data:
                    size += len(piece)
                    if size > _LARGEST_UPLOAD:
                        raise InvalidArgument(
                            f"An upload has {_LARGEST_UPLOAD >> 20} MiB at most.", reason="UPLOAD_TOO_LARGE"
                        )
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
            if not await asyncio.to_thread(archives.is_archive, Path(temporary)):
                raise InvalidArgument("The upload is no tar archive.", reason="NOT_AN_ARCHIVE")
            id = f"p{digest.hexdigest()[:40]}"
            Path(temporary).replace(folder / f"{id}.tar")
        finally:
            Path(temporary).unlink(missing_ok=True)
        return Upload(f"tenants/{tenant}/projects/{id}", size)

    def _local(self, path: str, field: str = "spec.path") -> Path:
        try:
            folder = Path(path).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a zero byte
            raise _invalid(field, "must be a folder") from error
        if not any(folder.is_relative_to(root) for root in self._roots):
            raise PermissionDenied(
                "No request may name this path (see MAESTRO_ALLOWED_ROOTS); upload the project instead.",
                reason="PATH_NOT_ALLOWED",
            )
        if not folder.is_dir():
            raise _invalid(field, "must be a folder")
        return folder

    def _archive(self, name: str) -> Path:
        _, tenant, _, id = name.split("/")
        archive = self._uploads / tenant / f"{id}.tar"
        try:
            os.utime(archive)  # one that is asked for is kept for longer
        except FileNotFoundError as error:
            raise NotFound(f"{name} is not there; upload it first.", reason="NOT_FOUND") from error
        return archive

    def _discard_unused(self, folder: Path) -> None:
        """Remove what no healing has asked for since long, and uploads that broke off."""
        before = time.time() - _KEPT_SECONDS
        for archive in folder.iterdir():
            if archive.stat().st_mtime < before:
                archive.unlink(missing_ok=True)


def _invalid(field: str, rule: str) -> InvalidArgument:
    return InvalidArgument(
        f"{field} {rule}.", reason="SOURCE_INVALID", violations=[FieldViolation(field, rule)]
    )
