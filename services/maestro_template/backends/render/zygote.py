"""Forks workers from a process that has everything loaded and does nothing else.

The service itself has threads and must not fork. It sends `F` with a socket to have a worker forked on it,
and `K` with a process id to have one killed; both are answered with the process id. When the service closes
the control socket, or dies, all workers die.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import Final

from maestro_template.backends.render.worker import serve, warm_up

COMMAND: Final = struct.Struct("!cI")
PID: Final = struct.Struct("!I")


def run(control: socket.socket) -> None:
    """Serve the control socket until it is closed."""
    # An interrupt at the terminal reaches the whole group; the service decides when this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warm_up()
    gc.collect()
    gc.freeze()
    workers: set[int] = set()
    control.sendall(PID.pack(os.getpid()))
    try:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, COMMAND.size, 1)
            if len(message) < COMMAND.size:
                return
            command, pid = COMMAND.unpack(message)
            if command == b"F":
                pid = _fork(control, descriptors[0])
                workers.add(pid)
            elif pid in workers:
                _kill(pid)
                workers.discard(pid)
            control.sendall(PID.pack(pid))
    finally:
        for pid in workers:
            _kill(pid)


def _fork(control: socket.socket, descriptor: int) -> int:
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    try:
        control.close()
        serve(socket.socket(fileno=descriptor))
    except Exception:
        sys.excepthook(*sys.exc_info())
    finally:
        # Without the zygote's own clean-up, whatever happened.
        os._exit(0)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    # The service may go away at any time; then nobody is there to be told of it.
    with socket.socket(fileno=int(sys.argv[1])) as inherited, suppress(ConnectionError):
        run(inherited)
