"""Which revision a folder is at, as it stands on disk. Nothing of it is copied."""

from __future__ import annotations

import hashlib
from pathlib import Path

from maestro_healing.backends.trees import Checkout

_DIRTY = "+dirty"


def state_of(folder: Path) -> str:
    """The commit that is checked out; with a digest where the files differ from it, or there is no commit."""
    checkout = Checkout.of(folder)
    revision = checkout.head_revision()
    if revision and not revision.endswith(_DIRTY):
        return revision
    return f"{revision or 'tree'}.{_digest(checkout)}"


def _digest(checkout: Checkout) -> str:
    """Of names, sizes and times: enough to see that somebody wrote."""
    digest = hashlib.sha256()
    for path in checkout.paths():
        try:
            found = (checkout.folder / path).lstat()
        except FileNotFoundError:  # somebody is at work
            continue
        digest.update(f"{path}\0{found.st_mode}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]
