"""`maestro serve NAME` alone, on servers that it is given: PostgreSQL and Redis where the tests have them."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from outside import BIN, SERVICES, Platform, listens, start
from waiting import wait_until


def health(running: Platform, name: str) -> str:
    """What `maestro health NAME` says."""
    asked = subprocess.run(
        [BIN / "maestro", "health", name, "--json"],
        env=running.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said: str = json.loads(asked.stdout)[name]
    assert asked.returncode == (0 if said == "SERVING" else 1)
    return said


@pytest.fixture(params=SERVICES)
def name(request: pytest.FixtureRequest) -> str:
    """Which service."""
    return str(request.param)


@pytest.fixture
def running(name: str, tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Platform]:
    """The service, serving."""
    urls = {"MAESTRO_DATABASE_URL": database_url, "MAESTRO_REDIS_URL": redis_url}
    alone = start(tmp_path / "data", "serve", name, **urls)
    try:
        assert wait_until(lambda: health(alone, name) == "SERVING", timeout=60)
        yield alone
    finally:
        alone.process.kill()
        alone.process.wait()


def test_it_serves_without_the_others_and_leaves_nothing(running: Platform, name: str) -> None:
    service, rpc = SERVICES[name]
    call, data = f"{service}/{rpc}", {"parent": "tenants/local"}
    answer = running.grpcurl(name, call, data=data, token=running.token())
    assert answer.returncode == 0, answer.stderr
    assert "sequence" in json.loads(answer.stdout) or json.loads(answer.stdout) == {}
    assert not (running.data_dir / "valkey").exists()
    assert not list(running.data_dir.glob("*.db"))
    family = psutil.Process(running.process.pid).children(recursive=True)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=15) == 0
    assert wait_until(lambda: not any(one.is_running() for one in family), timeout=5)
    assert not listens(running.ports[name])
