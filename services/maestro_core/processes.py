"""Processes that must not outlive us, and their end."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> Callable[[], None]:
    """A `preexec_fn`: the kernel kills the new process when the thread that starts it ends.

    Start such a process from a thread that lives as long as it should, usually the main one. Linux only;
    elsewhere it does nothing.
    """
    parent = os.getpid()

    def before_exec() -> None:
        if sys.platform != "linux":
            return
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)

    return before_exec


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal every process of a group; nothing happens where it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


async def end_process(process: asyncio.subprocess.Process, *, grace: float) -> int:
    """End a process that leads its own group, and the group: SIGTERM, then SIGKILL after `grace` seconds.

    Returns its exit code, negative for a signal.
    """
    if process.returncode is None:
        signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await process.wait()
    signal_group(process.pid, signal.SIGKILL)
    return await process.wait()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run an event loop until `main` ends: uvloop's where it is installed."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None
    try:
        from uvloop import new_event_loop as factory
    except ImportError:
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)
