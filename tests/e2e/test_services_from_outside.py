"""Each service, asked with grpcurl and nothing but its address and a token."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from outside import BIN, SERVICES, Platform, listens, started
from waiting import wait_until


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One platform for all of them."""
    running = started(tmp_path_factory.mktemp("platform"))
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=15) == 0


@pytest.mark.parametrize("name", SERVICES)
def test_list_describe_and_health_need_no_token(platform: Platform, name: str) -> None:
    service, rpc = SERVICES[name]
    assert service in platform.grpcurl(name, "list").stdout
    assert f"rpc {rpc} (" in platform.grpcurl(name, "describe", service).stdout
    health = platform.grpcurl(name, "grpc.health.v1.Health/Check", data={"service": service})
    assert json.loads(health.stdout) == {"status": "SERVING"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_call_needs_a_token_of_its_own_tenant_that_has_not_expired(platform: Platform, name: str) -> None:
    service, rpc = SERVICES[name]
    call, data = f"{service}/{rpc}", {"parent": "tenants/local"}
    assert platform.grpcurl(name, call, data=data, token=platform.token()).returncode == 0
    without = platform.grpcurl(name, call, data=data)
    assert "Code: Unauthenticated" in without.stderr
    assert "TOKEN_MISSING" in without.stderr
    expired = platform.grpcurl(name, call, data=data, token=platform.token(lifetime=timedelta(seconds=-1)))
    assert "TOKEN_EXPIRED" in expired.stderr
    other = platform.grpcurl(name, call, data=data, token=platform.token("other"))
    assert "Code: PermissionDenied" in other.stderr
    assert "TENANT_MISMATCH" in other.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_bad_request_shows_its_field_violations(platform: Platform, name: str) -> None:
    service, rpc = SERVICES[name]
    request = {"parent": "tenants/local", "page_size": -1}
    answer = platform.grpcurl(name, f"{service}/{rpc}", data=request, token=platform.token())
    assert "Code: InvalidArgument" in answer.stderr
    assert "page_size" in answer.stderr


def test_the_command_finds_the_platform_of_its_data_directory(platform: Platform) -> None:
    def maestro(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": os.environ["PATH"], "MAESTRO_DATA_DIR": str(platform.data_dir)}
        return subprocess.run(
            [BIN / "maestro", *arguments], env=env, capture_output=True, text=True, timeout=60, check=False
        )

    assert set(json.loads(maestro("health", "--json").stdout).values()) == {"SERVING"}
    assert json.loads(maestro("template", "list", "--json").stdout)
    second = maestro("up")
    assert second.returncode == 3
    assert "already" in second.stderr
    assert maestro("env", "get", "no-such-environment").returncode == 2


def test_a_taken_port_is_named(platform: Platform, tmp_path: Path) -> None:
    env = {**platform.env, "MAESTRO_DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [BIN / "maestro", "up"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 3
    assert str(platform.ports["healing"]) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_ends(
    tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    running = started(tmp_path / "data")
    environment = {"parent": "tenants/local", "spec": {"services": [{"kind": "SERVICE_KIND_REDIS"}]}}
    call = "maestro.environment.v1.EnvironmentService/CreateEnvironment"
    made = running.grpcurl("environment", call, data=environment, token=running.token())
    assert made.returncode == 0, made.stderr
    family = psutil.Process(running.process.pid).children(recursive=True)
    assert len(family) >= 4
    running.process.send_signal(number)
    assert running.process.wait(timeout=30) == (0 if number is signal.SIGTERM else -number)
    assert wait_until(lambda: not any(one.is_running() for one in family), timeout=10)
    assert not any(listens(port) for port in running.ports.values())
    assert list(temporary.iterdir()) == []
    if number is signal.SIGKILL:  # what nobody could clear away is found by the next start
        again = started(tmp_path / "data")
        again.process.terminate()
        assert again.process.wait(timeout=30) == 0


@contextmanager
def platform_in(data_dir: Path) -> Iterator[Platform]:
    """A platform for the length of a block."""
    running = started(data_dir)
    try:
        yield running
    finally:
        running.process.terminate()
        assert running.process.wait(timeout=30) == 0


def test_a_monitor_watches_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command; it is there after a restart, and what it found is told once."""
    project, data = tmp_path / "project", tmp_path / "data"
    project.mkdir()
    (project / "a.py").write_text("import os\n")
    monkeypatch.setenv("MAESTRO_ALLOWED_ROOTS", json.dumps([str(project)]))
    monkeypatch.setenv("MAESTRO_MONITOR_INTERVAL", "5")
    env = {"PATH": os.environ["PATH"], "MAESTRO_DATA_DIR": str(data)}

    def maestro(*words: str) -> dict[str, str]:
        command = [BIN / "maestro", "monitor", *words, "--json"]
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        answer: dict[str, str] = json.loads(ended.stdout)
        return answer

    with platform_in(data):
        # Our own interpreter has the linter.
        tools = ("--python", sys.executable, "--kind", "lint")
        made = maestro("create", str(project), "--id", "mine", "--interval", "5s", *tools)
        assert made["name"] == "tenants/local/monitors/mine"
        assert wait_until(lambda: "last_revision" in maestro("get", "mine"), timeout=60)
    with platform_in(data):
        looked = maestro("get", "mine")["last_look_time"]
        assert wait_until(lambda: maestro("get", "mine")["last_look_time"] != looked, timeout=60)
        (project / "a.py").write_text("import os\nimport sys\n")
        command = [BIN / "maestro", "monitor", "watch", "--after", "0", "--json"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as watch:
            assert watch.stdout is not None
            told = [json.loads(watch.stdout.readline())["error"]["message"] for _ in range(2)]
            watch.terminate()
        assert [message.partition(" imported")[0] for message in told] == [
            "line 1: F401 `os`",
            "line 2: F401 `sys`",
        ]
