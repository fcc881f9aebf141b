"""Keeps what a command left: its results and artifacts, copied out of the workspace.

It reads the files as the command saw them, behind the same walls: a link that a command leaves leads nowhere
that the command could not look itself.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from maestro_environment.backends.local.launcher.plan import Collection, KeptFile

JUNIT = "junit.xml"
ARTIFACTS = "artifacts"


class Collector:
    """Copies files, up to a number and a size in all, into a folder opened before the walls went up."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._into = os.open(collection["into"], os.O_PATH | os.O_DIRECTORY)
        self._room = collection["max_bytes"]

    def junit(self) -> bool:
        """Keep the JUnit file; whether there is one."""
        if not (path := self._collection["junit"]):
            return False
        return self._copy(Path(self._collection["workspace"], path), JUNIT) is not None

    def artifacts(self) -> list[KeptFile]:
        """Keep the artifacts: all that lies in their folder, and what the patterns name in the workspace."""
        kept: dict[str, KeptFile] = {}
        for name, path in self._candidates():
            if len(kept) >= self._collection["max_files"]:
                break
            if name not in kept and (size := self._copy(path, f"{ARTIFACTS}/{name}")) is not None:
                kept[name] = KeptFile(path=name, size=size)
        return [kept[name] for name in sorted(kept)]

    def _candidates(self) -> Iterator[tuple[str, Path]]:
        folder = Path(self._collection["artifacts"])
        for path in folder.rglob("*"):
            yield _name(path, folder), path
        workspace = Path(self._collection["workspace"])
        for pattern in self._collection["patterns"]:
            for path in workspace.glob(pattern):
                yield _name(path, workspace), path

    def _copy(self, source: Path, name: str) -> int | None:
        try:
            # Not blocking: a command may leave a pipe where a file is expected.
            reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            status = os.fstat(reader)
            if not stat.S_ISREG(status.st_mode) or status.st_size > self._room:
                return None
            self._room -= status.st_size
            writer = self._create(name)
            try:
                return _copy_bytes(reader, writer, status.st_size)
            finally:
                os.close(writer)
        finally:
            os.close(reader)

    def _create(self, name: str) -> int:
        *folders, _ = Path(name).parents
        for folder in reversed(folders):
            if not os.access(folder, os.F_OK, dir_fd=self._into):
                os.mkdir(folder, 0o700, dir_fd=self._into)
        return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self._into)


def _name(path: Path, root: Path) -> str:
    # Names go into records and requests, which are text: bytes that are none become replacement characters.
    return os.fsencode(path.relative_to(root)).decode(errors="replace")


def _copy_bytes(reader: int, writer: int, size: int) -> int:
    copied = 0
    while copied < size and (sent := os.sendfile(writer, reader, None, min(size - copied, 2**24))):
        copied += sent
    return copied
