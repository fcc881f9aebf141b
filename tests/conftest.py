"""Shared fixtures: a real Valkey or Redis, a real SQLite or PostgreSQL, fresh for each test.

The embedded ones serve unless MAESTRO_TEST_DATABASE_URL and MAESTRO_TEST_REDIS_URL name servers.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from maestro_core.auth.tokens import Authority
from maestro_core.embedded.valkey import EmbeddedValkey
from maestro_core.identity import Principal, Role
from maestro_core.settings import Settings

pytest_plugins = ["tests.leftovers"]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no settings but their own."""
    for name in list(os.environ):
        if name.startswith("MAESTRO_") and not name.startswith("MAESTRO_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server for this session."""
    given = os.environ.get("MAESTRO_TEST_REDIS_URL")
    if given:
        yield given
        return
    valkey = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    with asyncio.Runner() as runner:
        runner.run(valkey.__aenter__())
        yield valkey.url
        runner.run(valkey.__aexit__(None, None, None))


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """An empty database of the server."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) + 1
    if redis_server.startswith("unix:"):
        url = f"{redis_server}?db={number}"
    else:
        url = urlsplit(redis_server)._replace(path=f"/{number}").geturl()
    with Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """An empty database of its own: a SQLite file, or one on the PostgreSQL server."""
    given = os.environ.get("MAESTRO_TEST_DATABASE_URL")
    if not given:
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server = make_url(given).set(drivername="postgresql+psycopg")
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


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Settings of a platform of this test's own, on ports that are free."""
    return Settings.model_validate(
        {
            "data_dir": tmp_path / "data",
            "database_url": database_url,
            "redis_url": redis_url,
            "healing_port": 0,
            "environment_port": 0,
            "template_port": 0,
            "bookmark_interval": 0.2,
            "stop_grace": 1,
        }
    )


@pytest.fixture
def authority(settings: Settings) -> Authority:
    """Whoever signs this test's tokens."""
    return Authority.of(settings)


@pytest.fixture
def token(authority: Authority) -> Callable[..., str]:
    """Makes tokens: `token("t1", Role.VIEWER)`; of an editor where no role is named."""

    def make(tenant: str = "t1", *roles: Role, lifetime: timedelta = timedelta(hours=1)) -> str:
        return authority.issue(Principal("tester", tenant, frozenset(roles or {Role.EDITOR})), lifetime)

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip is a failure where MAESTRO_TEST_NO_SKIPS says that every component is there, as in CI."""
    report = yield
    if report.skipped and os.environ.get("MAESTRO_TEST_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be: {report.longrepr}"
    return report
