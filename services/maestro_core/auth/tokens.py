"""Bearer tokens: JSON Web Tokens with the claims `sub`, `tenant` and `roles`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta

import jwt
from pydantic import BaseModel, Field, ValidationError

from maestro_core.auth.keys import signing_key
from maestro_core.errors import Unauthenticated, Unavailable
from maestro_core.identity import Principal, Role
from maestro_core.settings import Settings

_OWN = "HS256"
_PROVIDERS = ("RS256", "EdDSA")
_KNOWN_TOKENS = 4096
_SERVICE_LIFETIME = timedelta(minutes=10)


class _Claims(BaseModel):
    """The claims that we read; others are let be."""

    sub: str
    tenant: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    roles: list[str]
    exp: float
    nbf: float = 0


class Authority:
    """Issues tokens signed with our own key, and verifies those and an identity provider's."""

    def __init__(
        self,
        signing_key: bytes,
        jwks_url: str | None = None,
        issuer: str | None = None,
        audience: str | None = None,
    ) -> None:
        self._key = signing_key
        self._provider = jwt.PyJWKClient(jwks_url, timeout=5) if jwks_url else None
        self._issuer = issuer
        self._audience = audience
        self._verified: dict[str, tuple[Principal, float, float]] = {}
        self._for_tenant: dict[tuple[str, str], tuple[str, float]] = {}

    @classmethod
    def of(cls, settings: Settings) -> Authority:
        """The authority that the settings name; makes a signing key where there is none."""
        return cls(signing_key(settings), settings.jwks_url, settings.jwt_issuer, settings.jwt_audience)

    def issue(self, principal: Principal, lifetime: timedelta) -> str:
        """A token of ours for a principal."""
        now = int(time.time())
        claims = {
            "sub": principal.subject,
            "tenant": principal.tenant,
            "roles": sorted(principal.roles),
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
        }
        return jwt.encode(claims, self._key, algorithm=_OWN)

    def for_tenant(self, tenant: str, subject: str = "maestro") -> str:
        """A short-lived token with which a service acts for a tenant; renewed at half its life."""
        token, renew = self._for_tenant.get((tenant, subject), ("", 0.0))
        if time.time() >= renew:
            token = self.issue(Principal(subject, tenant, frozenset({Role.SERVICE})), _SERVICE_LIFETIME)
            self._for_tenant[tenant, subject] = token, time.time() + _SERVICE_LIFETIME.total_seconds() / 2
        return token

    async def verify(self, token: str, at: float | None = None) -> Principal:
        """Who a token speaks for, judged at a time in seconds since 1970; now without one.

        Raises Unauthenticated where it is malformed, expired or signed by nobody we know, and Unavailable
        where the identity provider can't be asked.
        """
        moment = time.time() if at is None else at
        if token in self._verified:
            principal, start, end = self._verified[token]
        else:
            principal, start, end = _read(await self._claims(token))
            if len(self._verified) >= _KNOWN_TOKENS:
                self._verified.clear()
            self._verified[token] = principal, start, end
        if moment >= end:
            raise Unauthenticated("The token has expired; get a new one.", reason="TOKEN_EXPIRED")
        if moment < start:
            raise Unauthenticated("The token is not valid yet.", reason="TOKEN_NOT_YET_VALID")
        return principal

    async def _claims(self, token: str) -> Mapping[str, object]:
        """The claims of a token whose signature holds; times are judged by the caller."""
        untimed: jwt.types.Options = {
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "require": ["exp", "sub"],
        }
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
            if algorithm == _OWN:
                return jwt.decode(
                    token, self._key, algorithms=[_OWN], options={**untimed, "verify_aud": False}
                )
            if self._provider is None or algorithm not in _PROVIDERS:
                raise Unauthenticated("The token is signed by nobody we know.", reason="TOKEN_UNKNOWN_SIGNER")
            key = await asyncio.to_thread(self._provider.get_signing_key_from_jwt, token)
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._issuer,
                audience=self._audience,
                options={**untimed, "verify_aud": self._audience is not None},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Unavailable(
                "The identity provider can't be reached.", reason="IDENTITY_PROVIDER_AWAY", retry_after=1
            ) from error
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated(
                "The token can't be read or its signature is wrong.", reason="TOKEN_INVALID"
            ) from error


def _read(raw: Mapping[str, object]) -> tuple[Principal, float, float]:
    """The principal of verified claims, and from when to when they hold."""
    try:
        claims = _Claims.model_validate(raw)
    except ValidationError as error:
        raise Unauthenticated(
            "The token lacks a proper `sub`, `tenant`, `roles` or `exp`.", reason="TOKEN_CLAIMS"
        ) from error
    # An identity provider may know roles that mean nothing here.
    roles = frozenset(role for role in Role if role in claims.roles)
    return Principal(claims.sub, claims.tenant, roles), claims.nbf, claims.exp
