"""The lock that says which platform runs on a data directory, and where."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from maestro_cli.failure import CliError
from maestro_client.connection import Endpoints

_NAME = "platform.json"
_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Running:
    """A platform that runs."""

    pid: int
    endpoints: Endpoints


class Record:
    """Held by a platform as long as it lives: the kernel lets go of it even after kill -9."""

    def __init__(self, data_dir: Path) -> None:
        """Take it. Raises CliError where another platform has it."""
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = data_dir / _NAME
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _PATIENCE  # one who only looks holds it for a moment, too
        while not _locked(self._file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                os.close(self._file)
                other = running(data_dir)
                raise CliError(
                    f"a platform runs on {data_dir} already" + (f" (process {other.pid})." if other else "."),
                    "Use that one, stop it, or set MAESTRO_DATA_DIR to another folder.",
                )
            time.sleep(0.02)
        os.ftruncate(self._file, 0)

    def write(self, endpoints: Endpoints) -> None:
        """Say where the platform is reached."""
        content = json.dumps({"pid": os.getpid(), "endpoints": asdict(endpoints)})
        os.pwrite(self._file, content.encode(), 0)

    def release(self) -> None:
        """Let go of it."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def running(data_dir: Path) -> Running | None:
    """The platform of a data directory, where one runs and is ready."""
    try:
        file = os.open(data_dir / _NAME, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _locked(file, fcntl.LOCK_SH):
            return None  # nobody has it: a leftover
        content = os.pread(file, 65536, 0)
    finally:
        os.close(file)
    if not content:
        return None
    record = json.loads(content)
    return Running(record["pid"], Endpoints(**record["endpoints"]))


def _locked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
