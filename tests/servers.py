"""Empty databases to test with: embedded ones, or on the servers that the environment names."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from redis import Redis
from sqlalchemy import create_engine, make_url, text

REDIS = os.environ.get("MAESTRO_TEST_REDIS_URL")
_POSTGRESQL = os.environ.get("MAESTRO_TEST_DATABASE_URL")
NAMED = bool(REDIS or _POSTGRESQL)
# Each worker has numbers of its own: two workers may share one Redis.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])


@contextmanager
def postgresql() -> Iterator[str | None]:
    """The URL of an empty database, gone after the block; None where no server is named."""
    if not _POSTGRESQL:
        yield None
        return
    server = make_url(_POSTGRESQL).set(drivername="postgresql+psycopg")
    name = f"maestro_test_{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


@contextmanager
def redis(server: str, number: int = 1) -> Iterator[str]:
    """The URL of an empty database of a server, empty again after the block. A worker has numbers 1 and 2."""
    number += 2 * _WORKER
    if server.startswith("unix:"):
        url = f"{server}?db={number}"
    else:
        url = urlsplit(server)._replace(path=f"/{number}").geturl()
    with Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()
