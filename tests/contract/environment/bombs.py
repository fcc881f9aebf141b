"""Programs that a job must survive. Each is bounded by itself too: where a limit fails, the machine does not."""

from __future__ import annotations

_BOUNDED = """
import os, time
reader, writer = os.pipe()
os.write(writer, b"x" * {forks})
os.set_blocking(reader, False)
deadline = time.monotonic() + {seconds}

def may_fork():
    try:
        return time.monotonic() < deadline and bool(os.read(reader, 1))
    except BlockingIOError:
        return False
"""

_FORK_BOMB = """
while may_fork():
    try:
        if os.fork() == 0 and {hides}:
            os.setsid()
    except OSError:
        print("refused", flush=True)
while {busy} and time.monotonic() < deadline:
    try:
        if os.fork() == 0:
            os._exit(0)
        os.wait()
    except OSError:
        pass
time.sleep(max(0, deadline - time.monotonic()))
"""

_COMET = """
while may_fork():
    if os.fork():
        os._exit(0)
    os.setsid()
"""

MEMORY_HOG = """
kept = []
for _ in range(2048):
    kept.append(bytearray(2**20))
"""


def fork_bomb(*, hides: bool = False, busy: bool = False, forks: int = 400, seconds: int = 15) -> str:
    """Every process forks, until all together have done so `forks` times; they stay until `seconds` are over.

    Those that are busy leave others no time meanwhile: each has one child after another, which ends at once.
    """
    forks = forks // 2 if busy else forks
    return _BOUNDED.format(forks=forks, seconds=seconds) + _FORK_BOMB.format(hides=hides, busy=busy)


def comet(seconds: int = 30) -> str:
    """A process that is gone before it can be caught: its child, in a session of its own, goes on."""
    return _BOUNDED.format(forks=65536, seconds=seconds) + _COMET
