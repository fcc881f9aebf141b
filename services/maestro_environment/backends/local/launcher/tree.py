"""The processes of a run: what they take, and their end."""

from __future__ import annotations

import os
import pwd
import signal
import time
from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from maestro_environment.backends.local.launcher import linux

_SHARES = ("Pss_Anon:", "Pss_Shmem:")
_PAGE = os.sysconf("SC_PAGESIZE")


class Process(NamedTuple):
    """One process, as the kernel's table had it. Its number alone may be another's a moment later."""

    pid: int
    parent: int
    group: int
    tasks: int
    started: int

    @staticmethod
    def read(pid: int, view: Path = Path("/proc")) -> Process:
        """Look it up; raises OSError where it has ended."""
        fields = Path(view, str(pid), "stat").read_text(errors="replace").rpartition(")")[2].split()
        return Process(pid, int(fields[1]), int(fields[2]), int(fields[17]), int(fields[19]))

    def memory(self) -> int:
        """Bytes that it holds beside files; its share of what it has together with others."""
        with suppress(OSError):  # it has just ended, or nobody but its own user may see that
            lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
            return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_SHARES))
        with suppress(OSError):
            _, resident, shared, *_ = Path(f"/proc/{self.pid}/statm").read_text().split()
            return (int(resident) - int(shared)) * _PAGE
        return 0

    def signal(self, number: signal.Signals) -> None:
        """Signal it, and at the same moment all of its group that it may be replaced by."""
        with suppress(ProcessLookupError, PermissionError):
            if self.group not in (0, os.getpgrp()):
                os.killpg(self.group, number)
        with suppress(ProcessLookupError, PermissionError):
            os.kill(self.pid, number)


def processes(view: Path = Path("/proc")) -> Iterator[Process]:
    """All that a file system of processes shows, each as soon as it is read.

    The youngest come first: one that lives just long enough to have a successor is met alive that way.
    """
    for pid in sorted((int(entry.name) for entry in view.glob("[0-9]*")), reverse=True):
        with suppress(OSError):  # it has just ended
            yield Process.read(pid, view)


def descendants(root: int) -> Iterator[Process]:
    """All that came from a process and were not adopted by another one."""
    found = {root}
    orphans: dict[int, list[Process]] = {}
    for process in processes():
        if process.parent not in found:
            orphans.setdefault(process.parent, []).append(process)
            continue
        line = [process]
        while line:
            yield (member := line.pop())
            found.add(member.pid)
            line += orphans.pop(member.pid, [])


def end(find: Callable[[], Iterator[Process]]) -> None:
    """Kill until `find` finds nothing. All are stopped first: what is stopped makes no new ones."""
    while any(find()):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            met: set[tuple[int, int]] = set()
            while _signal_new(find, number, met):
                pass
        time.sleep(0.001)


def _signal_new(
    find: Callable[[], Iterator[Process]], number: signal.Signals, met: set[tuple[int, int]]
) -> bool:
    known = len(met)
    for process in find():
        if (process.pid, process.started) not in met:
            process.signal(number)
            met.add((process.pid, process.started))
    return len(met) > known


class Tree:
    """The first process and all that came from it.

    Behind walls, the kernel ends them all with the first. All that belong to a user of the run's own are
    killed at one stroke. What is left without either is looked for until nothing more is found.
    What we need ourselves, `ours`, is not counted.
    """

    def __init__(self, first: int, ours: Set[int], *, walled: bool, user: int | None) -> None:
        self._first = first
        self._ours = ours
        self._walled = walled
        self._user = user

    def memory(self) -> int:
        """Bytes that they hold beside files."""
        return sum(process.memory() for process in self._members())

    def end(self) -> None:
        """Kill them all, and return when none is left."""
        with suppress(ProcessLookupError):
            os.kill(self._first, signal.SIGKILL)
        if self._user is not None:
            _kill_all_of(self._user)
        if not self._walled:
            end(_rest)
        while True:
            try:
                os.wait()
            except ChildProcessError:
                return

    def _members(self) -> Iterator[Process]:
        if self._walled:
            # The file system of processes shows those behind the walls alone, us not, once the walls are up.
            up = not Path("/proc/self").exists()
            return (process for process in processes() if up and process.pid != 1)
        return (process for process in descendants(os.getpid()) if process.pid not in self._ours)


def _kill_all_of(user: int) -> None:
    """Kill all processes of a user, the one that does it included; nobody where he has an account."""
    with suppress(KeyError):
        pwd.getpwuid(user)
        return
    if (killer := os.fork()) == 0:
        try:
            linux.become(user)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(killer, 0)


def _rest() -> Iterator[Process]:
    """What is left of those that came from us, once the dead are buried."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return descendants(os.getpid())
