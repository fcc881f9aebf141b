"""A Healing service in a process of its own, which a test can stop, kill and start again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from maestro_client import Endpoints, Maestro, connect
from maestro_core.settings import Settings


class ServiceProcess:
    """`maestro serve healing` with given settings, on a socket of its own."""

    def __init__(self, settings: Settings, socket: Path) -> None:
        self._settings = settings
        self._listen = f"unix:{socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ServiceProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.signal(signal.SIGKILL)
            self._process.wait()

    def start(self) -> None:
        """Start it."""
        given = {
            "MAESTRO_DATA_DIR": str(self._settings.data_dir),
            "MAESTRO_DATABASE_URL": self._settings.database("healing"),
            "MAESTRO_REDIS_URL": self._settings.redis_url.get_secret_value()
            if self._settings.redis_url
            else "",
            "MAESTRO_LISTEN": self._listen,
            "MAESTRO_MONITOR_INTERVAL": str(self._settings.monitor_interval),
            "MAESTRO_ENVIRONMENT_ENDPOINT": self._settings.endpoint("environment"),
            "MAESTRO_ALLOWED_ROOTS": json.dumps([str(root) for root in self._settings.allowed_roots]),
        }
        command = [Path(sys.prefix) / "bin" / "maestro", "serve", "healing"]
        self._process = subprocess.Popen(command, env={**os.environ, **given})

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def stand_still(self) -> None:
        """Suspend it, but not in the middle of a change: the one process that SQLite lets write would be it."""
        while True:
            self.signal(signal.SIGSTOP)
            if await asyncio.to_thread(self._can_be_written):
                return
            self.signal(signal.SIGCONT)
            await asyncio.sleep(0.01)

    def _can_be_written(self) -> bool:
        url = make_url(self._settings.database("healing"))
        if url.get_backend_name() != "sqlite" or url.database is None:
            return True  # a row at most is locked, and its owner's lease runs out
        with closing(sqlite3.connect(url.database, timeout=0.2, isolation_level=None)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            database.execute("ROLLBACK")
            return True

    async def kill(self) -> None:
        """End it without a word."""
        self.signal(signal.SIGKILL)
        await self._ended()

    async def stop(self) -> None:
        """End it as a supervisor does."""
        self.signal(signal.SIGTERM)
        assert await self._ended() == 0

    async def _ended(self) -> int:
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, 30)

    async def connect(self, token: str) -> Maestro:
        """A connection to it, once it listens."""
        maestro = connect(
            Endpoints(self._listen, self._settings.endpoint("environment"), self._listen), token
        )
        async with asyncio.timeout(90):
            await maestro.channel(self._listen).channel_ready()
        return maestro
