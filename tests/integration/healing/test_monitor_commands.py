"""`maestro monitor`, as people use it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from .conftest import Caller, commit, write

Maestro = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def project(projects: Path) -> Path:
    """A repository whose one test fails."""
    write(projects / "p", {"test_a.py": "def test_a():\n    assert 1 == 2\n"})
    commit(projects / "p")
    return projects / "p"


@pytest.fixture
def env(caller: Caller, token: Callable[..., str], tmp_path: Path) -> dict[str, str]:
    """What a command needs to find the service."""
    address = caller.maestro._endpoints.healing
    settings = {"MAESTRO_HEALING_ENDPOINT": address, "MAESTRO_TOKEN": token(), "NO_COLOR": "1"}
    return {**os.environ, **settings, "MAESTRO_DATA_DIR": str(tmp_path)}


@pytest.fixture
def maestro(env: dict[str, str]) -> Maestro:
    """Runs a command against the service; its exit code, and all that it says."""

    async def run(*words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "maestro_cli", "monitor", *words),
            env=env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    return run


async def test_from_creation_to_deletion(
    maestro: Maestro, env: dict[str, str], caller: Caller, project: Path
) -> None:
    """In words and in JSON; a watch prints what is found."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "maestro_cli", "monitor", "watch", "--after", "0", "--json"),
        env=env,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    options = ("--python", str(caller.python), "--interval", "30s", "--json")
    code, said = await maestro("create", str(project), "--id", "mine", *options)
    assert code == 0, said
    made = json.loads(said)
    assert (made["name"], made["kinds"]) == ("tenants/t1/monitors/mine", ["ERROR_KIND_TEST"])
    async with asyncio.timeout(60):
        entry = json.loads(await process.stdout.readline())
    process.terminate()
    await process.wait()
    assert entry["error"]["subject"] == "test_a.py::test_a"
    assert entry["error"]["message"] == "AssertionError: assert 1 == 2"
    code, said = await maestro("get", "mine")
    assert code == 0
    assert str(project) in said
    assert "every      30 s" in said
    code, said = await maestro("list")
    assert "mine" in said
    assert [one["name"] for one in json.loads((await maestro("list", "--json"))[1])] == [made["name"]]
    assert await maestro("delete", "mine") == (0, "mine  watches no more\n")
    assert await maestro("list") == (0, "No monitors.\n")


async def test_wrong_use_is_said_in_words(maestro: Maestro, project: Path, tmp_path: Path) -> None:
    """With exit code 2, and never a traceback."""
    for words, part in (
        (("create", str(project), "--revision", "main"), "--revision is for git URLs"),
        (("create", str(project), "--interval", "soon"), "no duration"),
        (("create", str(project), "--interval", "1s"), "interval"),
        (("create", str(project), "--kind", "smell"), "smell"),
        (("create", str(project), "--push"), "push"),
        (("create", "http://example.org/a.git"), "https"),
        (("create", str(project), "--id", "Not A Name"), "is no id"),
        (("get", "none"), "none"),
        (("delete", "none"), "none"),
        (("watch", "--after", "-1"), "--after"),
    ):
        code, said = await maestro(*words)
        assert code == 2, said
        assert part in said
        assert "Traceback" not in said
    code, said = await maestro("create", str(tmp_path))
    assert (code, "MAESTRO_ALLOWED_ROOTS" in said) == (3, True)
