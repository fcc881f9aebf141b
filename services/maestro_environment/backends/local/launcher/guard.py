"""Ends a run of too many processes, where the kernel does not hold that limit."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from maestro_environment.backends.local.launcher import linux
from maestro_environment.backends.local.launcher.tree import Process, descendants, processes

_TICK = 0.02  # a fork bomb grows a hundredfold in 0.1 s


class Guard:
    """A process that counts, and does nothing else: nothing that a fork bomb does may hold it up.

    It is more urgent than all that is not, where it may be; a thousand others would leave it no time. Whoever
    looks at their memory waits for locks that they hold, so that is not its business. It is to be made before
    the host is left: who has left it may not be urgent any more.
    """

    def __init__(self, tasks: int, *, walled: bool) -> None:
        self.verdict, verdict = os.pipe()
        first, self._first = os.pipe()
        launcher = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _guard(launcher, first, verdict, tasks, walled=walled)
        os.close(first)
        os.close(verdict)

    def begin(self, first: int) -> None:
        """Count what comes from this process on, which is ours itself."""
        os.write(self._first, str(first).encode())

    def check(self) -> None:
        """Once `verdict` can be read: raises OSError where it says nothing but that counting has ended."""
        if not os.read(self.verdict, 1):
            raise OSError("nobody counts the processes any more")

    def end(self) -> None:
        """Count no more. Not after the end of the first process: its number may be another's then."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _guard(launcher: int, first: int, verdict: int, tasks: int, *, walled: bool) -> NoReturn:
    try:
        linux.die_with_parent(launcher)
        with suppress(OSError):  # without rights
            os.setpriority(os.PRIO_PROCESS, 0, -20)
            # A control group may have no time for what is more urgent than that.
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        root = int(os.read(first, 16))
        while True:
            began = time.process_time()
            if _exceed(_members(launcher, root, walled=walled), tasks):
                os.kill(root, signal.SIGKILL)
                os.write(verdict, b"!")
            # Urgent as it is, it takes a tenth of a processor at most.
            time.sleep(max(_TICK, 9 * (time.process_time() - began)))
    finally:
        os._exit(1)


def _exceed(members: Iterator[Process], tasks: int) -> bool:
    """Whether they are more processes and threads than that; counts no further, however many they are."""
    counts = itertools.accumulate(process.tasks for process in members)
    try:
        return any(count > tasks for count in counts)
    except OSError:  # the first has just ended
        return False


def _members(launcher: int, first: int, *, walled: bool) -> Iterator[Process]:
    if walled:
        with suppress(PermissionError):  # only root may look there
            return _inside(first)
    return (process for process in descendants(launcher) if process.pid not in (first, os.getpid()))


def _inside(first: int) -> Iterator[Process]:
    """All behind the walls, once they are up, but for the first."""
    view = Path(f"/proc/{first}/root/proc")
    # We are not among those that it shows, other than before.
    up = not (view / "self").exists()
    return (process for process in processes(view) if up and process.pid != 1)
