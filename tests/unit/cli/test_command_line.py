"""The command from outside, where no platform is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cli_samples import Git

from maestro_cli.durations import duration
from maestro_cli.explain import explain
from maestro_cli.failure import CliError


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory of this test's own."""
    return tmp_path / "data"


def maestro(data_dir: Path, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "maestro_cli", *map(str, arguments)],
        env={**os.environ, "MAESTRO_DATA_DIR": str(data_dir), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command_and_imports_nothing_heavy(data_dir: Path) -> None:
    shown = maestro(data_dir, "--help")
    assert shown.returncode == 0
    for command in (
        "heal",
        "review",
        "guard",
        "strategies",
        "statistics",
        "up",
        "serve",
        "health",
        "token",
        "env",
        "job",
        "events",
    ):
        assert f" {command} " in shown.stdout
    loaded = subprocess.run(
        [sys.executable, "-c", "import maestro_cli.main, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"grpc", "pydantic", "sqlalchemy", "redis", "libcst", "pygit2"} & set(loaded)


def test_alone_it_shows_its_help(data_dir: Path) -> None:
    assert "Usage: maestro" in maestro(data_dir).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("heal",),
        ("heal", "/nowhere/at/all"),
        ("heal", ".", "--apply", "--branch", "b"),
        ("heal", ".", "--patch", "/nowhere/at/all.patch"),
        ("heal", ".", "--junit", "."),
        ("heal", ".", "--report", "."),
        ("review", "--approve", "tests/test_a.py::test_a"),
        ("heal", ".", "--timeout", "0"),
        ("heal", ".", "--budget", "soon"),
        ("heal", ".", "--budget", "-5"),
        ("token", "--ttl", "soon"),
        ("token", "--ttl", "99999999999d"),
        ("no-such-command",),
    ],
)
def test_wrong_use_exits_2_without_a_traceback(data_dir: Path, arguments: tuple[str, ...]) -> None:
    ended = maestro(data_dir, *arguments)
    assert ended.returncode == 2
    assert ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_setting_is_named(data_dir: Path) -> None:
    ended = maestro(data_dir, "token", MAESTRO_HEALING_PORT="many")
    assert ended.returncode == 2
    assert "MAESTRO_HEALING_PORT" in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAESTRO_REDIS_URL", "nonsense"),
        ("MAESTRO_DATABASE_URL", "mysql://db/maestro"),
        ("MAESTRO_TLS_CERTIFICATE_FILE", "/a/certificate/without/its/key"),
    ],
)
def test_a_setting_that_means_nothing_is_named(data_dir: Path, name: str, value: str) -> None:
    ended = maestro(data_dir, "serve", "template", **{name: value})
    assert ended.returncode == 2
    assert name in ended.stderr


def test_redis_that_does_not_answer_is_named(data_dir: Path) -> None:
    ended = maestro(data_dir, "events", "tail", MAESTRO_REDIS_URL="redis://127.0.0.1:1")
    assert ended.returncode == 3
    assert "MAESTRO_REDIS_URL" in ended.stderr
    assert not (data_dir / "maestro.log").exists()


def test_a_token_is_what_was_asked_for(data_dir: Path) -> None:
    printed = maestro(
        data_dir, "token", "--tenant", "acme", "--role", "viewer", "--ttl", "30m"
    ).stdout.strip()
    claims = jwt.decode(printed, (data_dir / "signing.key").read_bytes(), algorithms=["HS256"])
    assert (claims["tenant"], claims["roles"]) == ("acme", ["viewer"])
    assert claims["exp"] - claims["iat"] == 1800


def test_health_of_nothing_exits_1(data_dir: Path) -> None:
    ended = maestro(data_dir, "health", "127.0.0.1:1", "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout) == {"127.0.0.1:1": "UNAVAILABLE"}


def test_the_guard_finds_a_weakened_test(data_dir: Path, folder: Path, git: Git) -> None:
    clean = maestro(data_dir, "guard", folder, "--base", "good")
    assert (clean.returncode, clean.stderr) == (0, "")
    (folder / "tests" / "test_one.py").write_text("def test_one():\n    pass\n")
    found = maestro(data_dir, "guard", folder, "--base", "good", "--json")
    assert found.returncode == 1
    (finding,) = json.loads(found.stdout)["findings"]
    assert finding["file"] == "tests/test_one.py"


def test_strategies_are_the_seven(data_dir: Path) -> None:
    listed = json.loads(maestro(data_dir, "strategies", "--json").stdout)
    assert len(listed) == 7
    assert {"api_contract_adaptation", "dependency_fix"} <= {one["id"] for one in listed if one["available"]}


@pytest.mark.parametrize(
    ("text", "meant"),
    [("90", timedelta(seconds=90)), ("30m", timedelta(minutes=30)), ("7d", timedelta(days=7))],
)
def test_durations(text: str, meant: timedelta) -> None:
    assert duration(text) == meant


def test_a_data_directory_that_cannot_be_used_names_its_setting(data_dir: Path) -> None:
    data_dir.write_text("a file")
    ended = maestro(data_dir, "token")
    assert ended.returncode == 3
    assert "MAESTRO_DATA_DIR" in ended.stderr


def test_an_unforeseen_error_goes_to_a_log(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_DATA_DIR", str(data_dir))
    said = explain(KeyError("oops"))
    assert isinstance(said, CliError)
    assert "KeyError" in said.message
    assert "KeyError: 'oops'" in (data_dir / "maestro.log").read_text()
