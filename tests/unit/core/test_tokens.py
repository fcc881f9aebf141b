"""Tokens: ours and an identity provider's."""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from maestro_core.auth.tokens import Authority
from maestro_core.errors import Unauthenticated, Unavailable
from maestro_core.identity import Principal, Role

KEY = b"a signing key, as long as the longest digest that somebody may try it with"
EDITOR = Principal("me", "t1", frozenset({Role.EDITOR}))
# Made when the suite is collected, and must outlast it.
CLAIMS = {"sub": "me", "tenant": "t1", "roles": ["editor"], "exp": time.time() + 86400}


class Provider:
    """An identity provider that publishes an RSA and an Ed25519 key."""

    def __init__(self) -> None:
        self.rsa: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
        self.ed25519 = Ed25519PrivateKey.generate()
        self.asked = 0
        keys = [
            {**RSAAlgorithm.to_jwk(self.rsa.public_key(), as_dict=True), "kid": "rsa", "use": "sig"},
            {**OKPAlgorithm.to_jwk(self.ed25519.public_key(), as_dict=True), "kid": "ed", "use": "sig"},
        ]
        body = json.dumps({"keys": keys}).encode()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks"

    def rs256(self, **changes: object) -> str:
        claims = {**CLAIMS, "iss": "provider", "aud": "maestro", **changes}
        return jwt.encode(claims, self.rsa, algorithm="RS256", headers={"kid": "rsa"})

    def eddsa(self) -> str:
        claims = {**CLAIMS, "iss": "provider", "aud": "maestro"}
        return jwt.encode(claims, self.ed25519, algorithm="EdDSA", headers={"kid": "ed"})


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    one = Provider()
    thread = threading.Thread(target=one.server.serve_forever)
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


def trusting(provider: Provider) -> Authority:
    return Authority(KEY, provider.url, "provider", "maestro")


async def why(authority: Authority, token: str, at: float | None = None) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await authority.verify(token, at)
    return caught.value.reason


async def test_what_we_issue_we_believe() -> None:
    authority = Authority(KEY)
    token = authority.issue(EDITOR, timedelta(minutes=1))
    assert await authority.verify(token) == EDITOR
    assert await authority.verify(token) == EDITOR, "from what is remembered too"


async def test_a_service_acts_for_one_tenant_with_one_token() -> None:
    authority = Authority(KEY)
    token = authority.for_tenant("t1")
    assert await authority.verify(token) == Principal("maestro", "t1", frozenset({Role.SERVICE}))
    assert authority.for_tenant("t1") == token
    assert authority.for_tenant("t2") != token


async def test_a_token_holds_for_its_time_alone() -> None:
    authority = Authority(KEY)
    token = authority.issue(EDITOR, timedelta(minutes=1))
    later = time.time() + 61
    assert await why(authority, token, later) == "TOKEN_EXPIRED"
    assert await authority.verify(token) == EDITOR
    assert await why(authority, token, later) == "TOKEN_EXPIRED", "remembered is not for ever"
    early = jwt.encode({**CLAIMS, "nbf": time.time() + 60}, KEY, algorithm="HS256")
    assert await why(authority, early) == "TOKEN_NOT_YET_VALID"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        jwt.encode(CLAIMS, b"another key of at least thirty-two bytes", algorithm="HS256"),
        jwt.encode(CLAIMS, KEY, algorithm="HS512"),
        jwt.encode(CLAIMS, "", algorithm="none"),
        jwt.encode({key: value for key, value in CLAIMS.items() if key != "exp"}, KEY, algorithm="HS256"),
        jwt.encode({key: value for key, value in CLAIMS.items() if key != "tenant"}, KEY, algorithm="HS256"),
        jwt.encode({**CLAIMS, "tenant": "../t2"}, KEY, algorithm="HS256"),
        jwt.encode({**CLAIMS, "roles": "admin"}, KEY, algorithm="HS256"),
    ],
)
async def test_what_is_no_token_of_ours_is_nobodys(token: str) -> None:
    await why(Authority(KEY), token)


async def test_roles_that_mean_nothing_here_give_nothing() -> None:
    token = jwt.encode({**CLAIMS, "roles": ["viewer", "god"]}, KEY, algorithm="HS256")
    assert (await Authority(KEY).verify(token)).roles == {Role.VIEWER}


async def test_an_identity_providers_tokens_are_believed(provider: Provider) -> None:
    authority = trusting(provider)
    assert await authority.verify(provider.rs256()) == EDITOR
    asked = provider.asked
    assert await authority.verify(provider.eddsa()) == EDITOR
    assert provider.asked == asked, "its keys are kept"


async def test_a_providers_token_must_be_meant_for_us(provider: Provider) -> None:
    authority = trusting(provider)
    for token in (
        provider.rs256(iss="somebody"),
        provider.rs256(aud="something"),
        provider.rs256(exp=time.time() - 1),
        jwt.encode({**CLAIMS, "iss": "provider"}, provider.rsa, algorithm="RS256", headers={"kid": "rsa"}),
        jwt.encode(CLAIMS, provider.rsa, algorithm="RS256", headers={"kid": "unknown"}),
    ):
        await why(authority, token)


async def test_a_public_key_is_no_secret_of_ours(provider: Provider) -> None:
    """The classic confusion: a token signed by HS256 with the provider's public key."""
    public = provider.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "rsa"}, {**CLAIMS, "roles": ["admin"]}]
    signed = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = urlsafe_b64encode(hmac.digest(public, signed, "sha256")).rstrip(b"=")
    assert await why(trusting(provider), (signed + b"." + signature).decode()) == "TOKEN_INVALID"


async def test_without_a_provider_its_tokens_are_nobodys(provider: Provider) -> None:
    assert await why(Authority(KEY), provider.rs256()) == "TOKEN_UNKNOWN_SIGNER"


async def test_a_provider_that_is_away_is_not_the_callers_fault(provider: Provider) -> None:
    with pytest.raises(Unavailable):
        await Authority(KEY, "http://127.0.0.1:1/jwks").verify(provider.rs256())
