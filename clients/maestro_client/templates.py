"""Folders and archives as the files of a template, and back."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from maestro.template.v1 import template_pb2

_SKIPPED = frozenset({".git", "__pycache__"})
_MOST_FILES = 10_000
# What a service takes in one message, with room for the names.
_MOST_BYTES = 15 * 2**20


def files_below(folder: Path, paths: Iterable[str] | None = None) -> list[template_pb2.TemplateFile]:
    """The plain files of a folder, or those of the given relative paths; no symbolic links, nothing of git.

    Raises ValueError where they are too many or too large for one call, and OSError.
    """
    budget = _Budget()
    chosen = _below(folder) if paths is None else paths
    return [
        budget.file(path, source.read_bytes(), source.stat().st_mode)
        for path in sorted(chosen)
        if not (source := folder / path).is_symlink() and source.is_file()
    ]


def files_in(archive: Path) -> list[template_pb2.TemplateFile]:
    """The plain files of a zip or tar archive, without a folder that holds all of them.

    Raises ValueError where it is none, or unpacks to more than one call takes, and OSError.
    """
    budget = _Budget()
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                found = [
                    budget.file(entry.filename, budget.read(zipped.open(entry)), entry.external_attr >> 16)
                    for entry in zipped.infolist()
                    if not entry.is_dir() and stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG)
                ]
        else:
            with tarfile.open(archive) as tar:
                found = [
                    budget.file(entry.name, budget.read(opened), entry.mode)
                    for entry in tar
                    if entry.isreg() and (opened := tar.extractfile(entry))
                ]
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        raise ValueError(f"{archive} is no zip or tar archive that can be read: {error}") from error
    return _without_top(found)


def write_files(folder: Path, files: Iterable[template_pb2.TemplateFile]) -> None:
    """Write files below a folder. Raises ValueError where a name would leave it, and OSError."""
    for file in files:
        target = folder / inside(file.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        if file.executable:
            target.chmod(target.stat().st_mode | 0o111)


def inside(path: str) -> PurePosixPath:
    """A path that stays in its folder, whatever a service says. Raises ValueError."""
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ValueError(f"{path!r} leads out of the folder")
    return relative


class _Budget:
    """How much one call takes."""

    def __init__(self) -> None:
        self._files = 0
        self._left = _MOST_BYTES

    def read(self, opened: IO[bytes]) -> bytes:
        """What an entry holds, never more than there is room for."""
        with opened:
            return opened.read(self._left + 1)

    def file(self, path: str, content: bytes, mode: int) -> template_pb2.TemplateFile:
        """One more file. Raises ValueError where it is one too many."""
        self._files += 1
        self._left -= len(content)
        if self._files > _MOST_FILES or self._left < 0:
            raise ValueError(f"more than {_MOST_FILES} files, or {_MOST_BYTES} bytes, do not fit in one call")
        return template_pb2.TemplateFile(path=path, content=content, executable=bool(mode & 0o100))


def _below(folder: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        yield from (Path(parent, name).relative_to(folder).as_posix() for name in names)


def _without_top(files: list[template_pb2.TemplateFile]) -> list[template_pb2.TemplateFile]:
    tops = {file.path.removeprefix("./").partition("/")[0] for file in files}
    nested = all("/" in file.path.removeprefix("./") for file in files)
    for file in files:
        file.path = file.path.removeprefix("./")
        if nested and len(tops) == 1 and not tops & {"..", "."}:
            file.path = file.path.partition("/")[2]
    return files
