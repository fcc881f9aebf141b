"""The processes of a run: how much memory they take, and their end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PAGE = os.sysconf("SC_PAGESIZE")


class Tree:
    """The first process and all that came from it. Behind walls, the kernel ends them all with the first."""

    def __init__(self, first: int, *, walled: bool) -> None:
        self._first = first
        self._walled = walled

    def memory(self) -> int:
        """Bytes that they hold and share with no file."""
        total = 0
        for pid in self._pids():
            with suppress(OSError):  # it has just ended
                _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
                total += (int(resident) - int(shared)) * _PAGE
        return total

    def end(self) -> None:
        """Kill them all, and return when none is left."""
        with suppress(ProcessLookupError):
            os.kill(self._first, signal.SIGKILL)
        if not self._walled:
            self._end_descendants()
        while True:
            try:
                os.wait()
            except ChildProcessError:
                return

    def _end_descendants(self) -> None:
        """Kill until none is left. All are stopped first: what is stopped makes no new ones."""
        while any(_descendants(os.getpid())):
            for number in (signal.SIGSTOP, signal.SIGKILL):
                stopped: set[int] = set()
                while new := set(_descendants(os.getpid())) - stopped:
                    for pid in new:
                        with suppress(ProcessLookupError, PermissionError):
                            os.kill(pid, number)
                    stopped |= new
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.001)

    def _pids(self) -> Iterator[int]:
        if self._walled:  # the file system of processes shows those behind the walls alone
            return _all()
        return _descendants(self._first)


def _descendants(root: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for pid in _all():
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(pid)
    waiting = [root]
    while waiting:
        found = children.get(waiting.pop(), [])
        waiting += found
        yield from found


def _all() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
