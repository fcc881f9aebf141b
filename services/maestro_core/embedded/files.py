"""Files in the data directory that are for our own user alone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

# The kernel takes 107 bytes for the path of a unix socket; some room is left for a suffix.
_SOCKET_PATH_BYTES = 100


def private_dir(path: Path) -> Path:
    """Make a directory that only we can enter, where there is none."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def keep_secret(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a secret file, made where there is none; of two who make it at once, one wins."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    private_dir(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(make())
        with contextlib.suppress(FileExistsError):
            Path(path).hardlink_to(name)
    finally:
        Path(name).unlink()
    return path.read_bytes()


def socket_path(data_dir: Path, name: str) -> Path:
    """Where a data directory's socket called `name` lies: in it, or elsewhere where the path is too long."""
    path = data_dir.absolute() / name
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir.absolute())).hexdigest()[:16]
    return private_dir(Path(tempfile.gettempdir()) / f"maestro-{os.getuid()}-{digest}") / name
