"""Where a project's files come from: a folder of this machine, an upload, or a git URL."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import git

from maestro_core.errors import FieldViolation, InvalidArgument, NotFound, PermissionDenied
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.healing import Source

_LARGEST_UPLOAD = 512 * 2**20
_LARGEST_UNPACKED = 2 * 2**30
_MOST_FILES = 200_000
_SCHEMES = {"https", "ssh"}
_CLONE_SECONDS = 300


@dataclass(frozen=True)
class Upload:
    """An archive that was taken."""

    name: str
    size_bytes: int


class Sources:
    """Gets hold of projects. Local paths are taken below `allowed_roots` alone."""

    def __init__(self, uploads: Path, allowed_roots: Sequence[Path]) -> None:
        self._uploads = uploads
        self._roots = [root.resolve() for root in allowed_roots]

    def check(self, source: Source) -> None:
        """Raise InvalidArgument, NotFound or PermissionDenied where a source can't be had."""
        if source.path:
            self._local(source.path)
        elif source.uploaded:
            self._archive(source.uploaded)
        elif urlsplit(source.git_url).scheme not in _SCHEMES or source.git_url.startswith("-"):
            raise _invalid("spec.git.url", "must be an https or ssh URL")

    async def fetch(self, source: Source, scratch: Path) -> Path:
        """A folder with the project: the user's own for a local path, else one below `scratch`."""
        if source.path:
            return self._local(source.path)
        if source.uploaded:
            await asyncio.to_thread(_unpack, self._archive(source.uploaded), scratch)
        else:
            await asyncio.to_thread(_clone, source, scratch)
        return scratch

    async def take(self, tenant: str, data: AsyncIterator[bytes]) -> Upload:
        """Keep an archive under the digest of its content. Raises InvalidArgument."""
        folder = self._uploads / tenant
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        handle, temporary = tempfile.mkstemp(dir=folder)
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
            if not tarfile.is_tarfile(temporary):
                raise InvalidArgument("The upload is no tar archive.", reason="NOT_AN_ARCHIVE")
            id = f"p{digest.hexdigest()[:40]}"
            Path(temporary).replace(folder / f"{id}.tar")
        finally:
            Path(temporary).unlink(missing_ok=True)
        return Upload(f"tenants/{tenant}/projects/{id}", size)

    def _local(self, path: str) -> Path:
        folder = Path(path).resolve()
        if not any(folder.is_relative_to(root) for root in self._roots):
            raise PermissionDenied(
                "No request may name this path (see MAESTRO_ALLOWED_ROOTS); upload the project instead.",
                reason="PATH_NOT_ALLOWED",
            )
        if not folder.is_dir():
            raise _invalid("spec.path", "must be a folder")
        return folder

    def _archive(self, name: str) -> Path:
        _, tenant, _, id = name.split("/")
        archive = self._uploads / tenant / f"{id}.tar"
        if not archive.is_file():
            raise NotFound(f"{name} is not there; upload it first.", reason="NOT_FOUND")
        return archive


def _invalid(field: str, rule: str) -> InvalidArgument:
    return InvalidArgument(
        f"{field} {rule}.", reason="SOURCE_INVALID", violations=[FieldViolation(field, rule)]
    )


def _unpack(archive: Path, target: Path) -> None:
    target.mkdir(parents=True)
    size = files = 0
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                size, files = size + member.size, files + 1
                if size > _LARGEST_UNPACKED or files > _MOST_FILES:
                    raise CannotHeal("UPLOAD_TOO_LARGE", "The archive unpacks to more than is taken.")
                # The filter refuses absolute names, `..`, devices, and links that lead out.
                tar.extract(member, target, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise CannotHeal("ARCHIVE_INVALID", f"The archive can't be unpacked: {error}") from error


def _clone(source: Source, target: Path) -> None:
    settings = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:ssh", "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        repository = git.Repo.clone_from(
            source.git_url,
            target,
            env=settings,
            kill_after_timeout=_CLONE_SECONDS,
            multi_options=["--no-checkout"],
        )
        repository.git.checkout("--detach", source.git_revision or "HEAD", "--")
    except git.GitCommandError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise CannotHeal(
            "CLONE_FAILED", f"The repository can't be had: {str(error.stderr).strip()[-500:]}"
        ) from error
