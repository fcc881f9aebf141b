"""The key and the token of a platform that nobody configured. Both are files that their owner alone can read."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maestro_core.settings import Settings

_KEY_BYTES = 32


def signing_key(settings: Settings) -> bytes:
    """The HS256 key: the configured file's, or the data directory's, made at the first start."""
    if settings.signing_key_file is not None:
        return settings.signing_key_file.read_bytes().strip()
    path = settings.data_dir / "signing.key"
    if not path.exists():
        create_once(path, secrets.token_hex(_KEY_BYTES).encode())
    return path.read_bytes()


def admin_token_file(settings: Settings) -> Path:
    """Where the local admin's token lies, for the command line to pick up."""
    return settings.data_dir / "admin.token"


def create_once(path: Path, content: bytes) -> None:
    """Write a private file unless it is there; several processes may try at one time, and one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = write_draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def replace(path: Path, content: bytes) -> None:
    """Write a private file; a reader sees the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_draft(path, content).replace(path)


def write_draft(path: Path, content: bytes) -> Path:
    """A new private file beside `path`."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        draft.write(content)
    return Path(draft.name)
