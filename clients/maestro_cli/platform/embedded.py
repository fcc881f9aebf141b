"""The platform of `maestro heal`: up as long as a command uses it, joined by the ones that come meanwhile.

Each command holds the `users` lock shared. The platform waits to get it alone: then nobody is left, however
they ended, and it stops. A command that comes during the stop waits for the lock and starts a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from maestro_cli.failure import CliError
from maestro_cli.platform.record import Running, running
from maestro_core.embedded.files import private_dir

_POLL = 0.03
_PATIENCE = 60.0
_STOP_PATIENCE = 12.0
USERS = "users.lock"
LOG = "platform.log"


def folder_of(data_dir: Path) -> Path:
    """The data directory of its own that the platform of `maestro heal` has."""
    return private_dir(data_dir.absolute() / "heal")


@asynccontextmanager
async def joined(data_dir: Path) -> AsyncIterator[Running]:
    """The platform, for the length of a block; started where none runs. Raises CliError."""
    folder = folder_of(data_dir)
    lock = os.open(folder / USERS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not shared(lock):
            await _pause(deadline, folder)
        starter = None
        try:
            while (platform := running(folder)) is None:
                if starter is None:
                    starter = _start(folder)
                elif starter.poll():
                    raise CliError("the platform for this run could not start.", _last_words(folder))
                await _pause(deadline, folder)
            yield platform
        finally:
            await asyncio.to_thread(_end_if_last, lock, folder, starter)
    finally:
        os.close(lock)


def _end_if_last(lock: int, folder: Path, starter: subprocess.Popen[bytes] | None) -> None:
    """End the platform where nobody else uses it, and wait for that: nothing is left when we are gone."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # somebody uses it, or it has noticed already
    if platform := running(folder):
        pid = platform.pid
    elif starter and starter.poll() is None:  # we were stopped before it was ready
        pid = starter.pid
    else:
        return
    with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process = psutil.Process(pid)
        process.terminate()
        process.wait(_STOP_PATIENCE)


def shared(lock: int) -> bool:
    """Take the lock beside others; False where one has it alone."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _pause(deadline: float, folder: Path) -> None:
    if time.monotonic() > deadline:
        raise CliError(
            f"the platform for this run is not ready after {_PATIENCE:.0f} s.", _last_words(folder)
        )
    await asyncio.sleep(_POLL)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    """Start it detached: it must outlive us where another command has joined."""
    with (folder / LOG).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "maestro_cli.platform.embedded_main", str(folder)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _last_words(folder: Path) -> str:
    log = folder / LOG
    lines = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
    return "\n".join([*lines, f"All of it stands in {log}."])
