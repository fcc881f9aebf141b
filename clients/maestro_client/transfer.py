"""Folders and files over the wire."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from maestro.environment.v1 import job_pb2
from maestro.healing.v1 import healing_pb2

if TYPE_CHECKING:  # the async stubs are a typing matter alone
    from maestro.environment.v1.job_pb2_grpc import JobServiceAsyncStub
    from maestro.healing.v1.healing_pb2_grpc import HealingServiceAsyncStub

_CHUNK = 256 * 1024


class Archive:
    """A tar archive of files below a folder, without their owners; gone after its block."""

    def __init__(self, folder: Path, paths: Iterable[str] | None = None) -> None:
        """Pack the given paths, relative to the folder, or all of it. Raises OSError."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        with tarfile.open(fileobj=self._file, mode="w") as tar:
            for path in sorted(_below(folder) if paths is None else paths):
                tar.add(folder / path, arcname=path, recursive=False, filter=_without_owner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def sha256(self) -> str:
        """Its digest in hex."""
        self._file.seek(0)
        return hashlib.file_digest(self._file, "sha256").hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, in pieces that fit in a message."""
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk


def _below(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            yield os.path.relpath(Path(parent) / name, folder)


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


async def upload_project(
    healing: HealingServiceAsyncStub, parent: str, folder: Path, paths: Iterable[str] | None = None
) -> str:
    """Send a project's files, its `.git` among them for a base revision; gives the project's name.

    Raises MaestroError and OSError.
    """

    def requests(archive: Archive) -> Iterator[healing_pb2.UploadProjectRequest]:
        header = healing_pb2.ProjectHeader(parent=parent)
        yield healing_pb2.UploadProjectRequest(header=header)
        for chunk in archive.chunks():
            yield healing_pb2.UploadProjectRequest(data=chunk)

    with await asyncio.to_thread(Archive, folder, paths) as archive:
        answer = await healing.UploadProject(requests(archive))
    return answer.project


async def upload_workspace(
    jobs: JobServiceAsyncStub, parent: str, folder: Path, paths: Iterable[str] | None = None
) -> str:
    """Send the files that jobs run on; gives the workspace's name. Raises MaestroError and OSError."""

    def requests(archive: Archive) -> Iterator[job_pb2.UploadWorkspaceRequest]:
        header = job_pb2.WorkspaceHeader(parent=parent, sha256=archive.sha256())
        yield job_pb2.UploadWorkspaceRequest(header=header)
        for chunk in archive.chunks():
            yield job_pb2.UploadWorkspaceRequest(data=chunk)

    with await asyncio.to_thread(Archive, folder, paths) as archive:
        answer = await jobs.UploadWorkspace(requests(archive))
    return answer.workspace.name


async def download_artifact(jobs: JobServiceAsyncStub, name: str, path: str) -> AsyncIterator[bytes]:
    """The bytes of a file that a job left. Raises MaestroError."""
    async for piece in jobs.DownloadArtifact(job_pb2.DownloadArtifactRequest(name=name, path=path)):
        yield piece.data
