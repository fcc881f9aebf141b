"""`maestro env` and `maestro job`, as people use them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

Maestro = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def maestro(address: str, token: Callable[..., str], tmp_path: Path) -> Maestro:
    """Runs a command against the service; its exit code, and all that it says."""
    given = {
        "MAESTRO_ENVIRONMENT_ENDPOINT": address,
        "MAESTRO_TOKEN": token(),
        "MAESTRO_DATA_DIR": str(tmp_path),
        "NO_COLOR": "1",
    }

    async def run(*words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "maestro_cli", *words),
            env={**os.environ, **given},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    return run


async def test_from_creation_to_deletion(maestro: Maestro) -> None:
    code, said = await maestro("env", "create", "redis", "--id", "mine", "--ttl", "5m")
    assert code == 0, said
    assert "redis://" in said
    assert "advisory: " in said
    code, said = await maestro("job", "run", "mine", "--", "sh", "-c", "echo $REDIS_URL")
    assert (code, "redis.sock" in said or "redis://" in said) == (0, True)
    code, said = await maestro("env", "list")
    assert "READY" in said
    assert "UTC" in said
    code, said = await maestro("env", "extend", "mine", "--ttl", "48h")
    assert code != 0
    assert "24 hours at most" in said
    assert await maestro("env", "delete", "mine") == (0, "mine  is being taken down\n")


async def test_how_a_job_ended_is_said_in_words(maestro: Maestro) -> None:
    await maestro("env", "create", "--id", "e")
    code, said = await maestro("job", "run", "e", "--timeout", "1s", "--", "sleep", "60")
    assert (code, "was stopped: it took longer than 1 seconds." in said) == (1, True)
    code, said = await maestro("job", "run", "e", "--", "sh", "-c", "kill -9 $$")
    assert (code, "failed: exit code 137 (SIGKILL)." in said) == (1, True)
    code, said = await maestro("job", "run", "e", "--", sys.executable, "-c", "bytearray(3 * 2**30)")
    assert (code, "more than 2048 MiB of memory" in said or "MemoryError" in said) == (1, True)
    code, said = await maestro("job", "run", "e", "--", "no-such-program")
    assert (code, "no-such-program: No such file" in said) == (3, True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("env", "get", "Bad Name!"), "'Bad Name!' is no id."),
        (("env", "get", ""), "'' is no id."),
        (("env", "create", "--id", "../x"), "'../x' is no id."),
        (("env", "get", "nobody"), "There is no environment 'nobody'."),
        (("job", "logs", "nobody", "../x"), "'../x' is no id."),
        (("job", "run", "nobody", "--workspace", "/no/such", "--", "true"), "/no/such is no folder."),
        (("env", "create", "--ttl", "48h"), "An environment lives 24 hours at most."),
    ],
)
async def test_what_makes_no_sense_is_wrong_use(
    maestro: Maestro, words: tuple[str, ...], expected: str
) -> None:
    code, said = await maestro(*words)
    assert (code, said.splitlines()[0]) == (2, f"maestro: {expected}")
