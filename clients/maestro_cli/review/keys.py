"""One key at a time from a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Collection, Iterator
from contextlib import contextmanager


@contextmanager
def _unbuffered(terminal: int) -> Iterator[None]:
    """Keys come as they are pressed, and are not echoed; Ctrl-C stays a signal."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)  # what was typed ahead is kept
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


async def pressed(among: Collection[str], at_end: str) -> str:
    """The first key pressed of those that mean something; `at_end` where the terminal is closed."""
    terminal = sys.stdin.fileno()
    loop = asyncio.get_running_loop()
    with _unbuffered(terminal):
        while True:
            ready = asyncio.Event()
            loop.add_reader(terminal, ready.set)
            try:
                await ready.wait()
            finally:
                loop.remove_reader(terminal)
            byte = os.read(terminal, 1)
            key = byte.decode("ascii", "ignore").lower()
            if not byte:
                return at_end
            if key in among:
                return key
