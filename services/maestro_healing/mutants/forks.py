"""Forked processes that do a piece of work and tell of it, several at a time."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Message = list[Any]
    Send = Callable[[Message], None]

# What a child may take beyond what its parent has.
_MEMORY_BYTES = 1 << 30
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of linux/prctl.h


class Child:
    """One of them. It is killed where it says nothing until its time is up."""

    def __init__(self, work: Callable[[Send], None], patience: float) -> None:
        """`patience` is in seconds, until the first message."""
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            _work(work, writing)
        os.close(writing)
        self.fd = reading
        self.until = time.monotonic() + patience
        self._rest = b""

    def receive(self) -> tuple[list[Message], bool]:
        """What it has said since, and whether it has ended. Blocks until there is either."""
        data = os.read(self.fd, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [json.loads(line) for line in lines], not data

    def end(self) -> None:
        """Kill it, and all that it started."""
        for kill in (os.killpg, os.kill):
            try:
                kill(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def _work(work: Callable[[Send], None], writing: int) -> NoReturn:
    def send(message: Message) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(writing, data) :]

    try:
        os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        _limit()
        work(send)
    finally:
        os._exit(0)


def _limit() -> None:
    """A mutant may ask for endless memory."""
    try:
        with open("/proc/self/statm", "rb") as stream:  # noqa: PTH123 (early in a child: no more than needed)
            size = int(stream.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + _MEMORY_BYTES, resource.RLIM_INFINITY))
    except (OSError, ValueError):
        return


class Task(ABC):
    """A piece of work, and what becomes of it."""

    patience = 1.0

    @abstractmethod
    def work(self, send: Send) -> None:
        """What the child does."""

    @abstractmethod
    def take(self, message: Message) -> float:
        """Takes note of a message; how many seconds the child may now be silent."""

    @abstractmethod
    def ended(self, in_time: bool) -> Task | None:
        """Takes note of the end of the child; what is left to do, for another child."""


def run(tasks: Iterator[Task], workers: int, until: float) -> bool:
    """Do the tasks, so many at a time; whether all were done before the clock said `until`."""
    active: dict[int, tuple[Child, Task]] = {}
    again: list[Task] = []
    try:
        while time.monotonic() < until:
            while len(active) < workers:
                task = again.pop() if again else next(tasks, None)
                if task is None:
                    break
                child = Child(task.work, task.patience)
                active[child.fd] = child, task
            if not active:
                return True
            wait = min(until, *(child.until for child, _ in active.values())) - time.monotonic()
            ready, _, _ = select.select(list(active), [], [], max(wait, 0))
            for fd in list(active):
                child, task = active[fd]
                messages, over = child.receive() if fd in ready else ([], False)
                for message in messages:
                    child.until = time.monotonic() + task.take(message)
                late = not over and time.monotonic() >= child.until
                if over or late:
                    del active[fd]
                    child.end()
                    rest = task.ended(in_time=not late)
                    again += [rest] if rest is not None else []
        return False
    finally:
        for child, _ in active.values():
            child.end()
