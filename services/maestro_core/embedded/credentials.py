"""The signing key and the local admin token, made at the first start."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import jwt

from maestro_core.auth.keys import signing_key
from maestro_core.auth.tokens import Authority
from maestro_core.embedded.files import keep_secret
from maestro_core.identity import Principal, Role
from maestro_core.settings import Settings

_LIFETIME = timedelta(days=365)
_RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the data directory holds to authenticate with."""

    signing_key: bytes
    admin_token_file: Path

    @classmethod
    def ensure(cls, settings: Settings) -> Credentials:
        """The credentials of a data directory: made where there are none, renewed where they end soon."""
        key = signing_key(settings)
        file = settings.data_dir / "admin.token"
        principal = Principal("local-admin", settings.tenant, frozenset({Role.ADMIN}))

        def token() -> bytes:
            return Authority(key).issue(principal, _LIFETIME).encode()

        if not _holds(keep_secret(file, token), key, principal):
            file.unlink(missing_ok=True)
            keep_secret(file, token)
        return cls(key, file)

    def admin_token(self) -> str:
        """The local admin token."""
        return self.admin_token_file.read_text()


def _holds(token: bytes, key: bytes, principal: Principal) -> bool:
    """Whether a token is the principal's and will be valid for a while."""
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"])
    except jwt.PyJWTError:
        return False
    lasts = float(claims["exp"]) > time.time() + _RENEW_BEFORE.total_seconds()
    return lasts and claims.get("tenant") == principal.tenant
