"""The key that our own tokens are signed with."""

from __future__ import annotations

import secrets

from maestro_core.embedded.files import keep_secret
from maestro_core.settings import Settings

_KEY_BYTES = 32


def signing_key(settings: Settings) -> bytes:
    """The HS256 key: the configured file's content, or one in the data directory, made at the first call."""
    if settings.signing_key_file is not None:
        return settings.signing_key_file.read_bytes().strip()
    return keep_secret(settings.data_dir / "signing.key", lambda: secrets.token_hex(_KEY_BYTES).encode())
