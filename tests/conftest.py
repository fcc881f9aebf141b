"""Shared fixtures: a real Valkey or Redis, a real SQLite or PostgreSQL, fresh for each test.

The embedded ones serve unless MAESTRO_TEST_DATABASE_URL and MAESTRO_TEST_REDIS_URL name servers.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from maestro_core.auth.tokens import Authority
from maestro_core.embedded.valkey import EmbeddedValkey
from maestro_core.identity import Principal, Role
from maestro_core.settings import Settings
from tests import servers

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
    if servers.REDIS:
        yield servers.REDIS
        return
    valkey = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    with asyncio.Runner() as runner:
        runner.run(valkey.__aenter__())
        yield valkey.url
        runner.run(valkey.__aexit__(None, None, None))


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """An empty database of the server."""
    with servers.redis(redis_server) as url:
        yield url


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """An empty database of its own: a SQLite file, or one on the PostgreSQL server."""
    with servers.postgresql() as url:
        yield url or f"sqlite:///{tmp_path / 'test.db'}"


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where servers are named, only what uses one is run: all else is the same with and without them."""
    if not servers.NAMED:
        return
    asking = {"redis_server", "database_url"}
    others = [item for item in items if asking.isdisjoint(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip is a failure where MAESTRO_TEST_NO_SKIPS says that every component is there, as in CI."""
    report = yield
    if report.skipped and os.environ.get("MAESTRO_TEST_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be: {report.longrepr}"
    return report
