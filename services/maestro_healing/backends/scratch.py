"""Where a process works, and the end of what processes left that are gone."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Self

_LOCK = "lock"


class Scratch:
    """A folder of this process's own, below one that several may share; gone after the block.

    A lock says that its process lives: the kernel lets go of it, however the process ends.
    """

    def __init__(self, shared: Path) -> None:
        self._shared = shared

    def __enter__(self) -> Self:
        self._shared.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Nobody looks for dead ones between the making of a folder and its lock.
        making = _locked(self._shared / _LOCK, fcntl.LOCK_EX)
        try:
            for folder in self._shared.iterdir():
                if folder.is_dir():
                    _remove_dead(folder)
            self._folder = Path(tempfile.mkdtemp(dir=self._shared))
            self._lock = _locked(self._folder / _LOCK, fcntl.LOCK_EX)
        finally:
            os.close(making)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)

    def new(self, prefix: str) -> Path:
        """An empty folder in it."""
        return Path(tempfile.mkdtemp(dir=self._folder, prefix=f"{prefix}-"))


def _remove_dead(folder: Path) -> None:
    try:
        lock = _locked(folder / _LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _locked(path: Path, how: int) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        os.close(file)
        raise
    return file
