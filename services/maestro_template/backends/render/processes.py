"""The service's ends of the zygote and of the workers it forks."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from maestro_template.backends.render import frames, zygote
from maestro_template.domain import limits
from maestro_template.domain.model import Folder

_ANSWER_BYTES: Final = limits.MAX_OUTPUT_BYTES + 4 * 1024 * 1024
_START_SECONDS: Final = 20.0


class Worker:
    """One worker process. A spoiled one must not be asked again."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.spoiled = False
        self._reader = reader
        self._writer = writer

    async def ask(self, header: Mapping[str, Any], folder: Folder) -> tuple[dict[str, Any], Folder]:
        """Send a request and read its answer.

        Raises asyncio.IncompleteReadError or OSError where the process has ended, ValueError for nonsense.
        """
        self._writer.write(frames.encode(header, folder))
        await self._writer.drain()
        prefix = await self._reader.readexactly(frames.PREFIX_BYTES)
        head_length, body_length = frames.lengths(prefix, _ANSWER_BYTES)
        head, body = await self._reader.readexactly(head_length), await self._reader.readexactly(body_length)
        reply, files = frames.decode(head, body)
        self.spoiled = "exhausted" in reply
        return reply, files

    def disconnect(self) -> None:
        """Close the connection."""
        self._writer.close()


class Zygote:
    """The process that forks workers: started on first use, and again should it ever die.

    A call that is broken off leaves the talk in the middle; then `close` is all that may follow.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._workers: dict[int, Worker] = {}

    async def fork(self) -> Worker:
        """A fresh worker. Raises OSError or TimeoutError."""
        ours, theirs = socket.socketpair()
        with ExitStack() as stack:
            stack.callback(ours.close)
            with theirs:
                pid = await self._command(b"F", 0, [theirs.fileno()])
            worker = Worker(pid, *await asyncio.open_connection(sock=ours))
            stack.pop_all()
        self._workers[pid] = worker
        return worker

    async def kill(self, worker: Worker) -> None:
        """End a worker, whatever it is doing. Raises OSError or TimeoutError."""
        worker.disconnect()
        if self._workers.get(worker.pid) is worker:
            del self._workers[worker.pid]
            await self._command(b"K", worker.pid, [])

    async def close(self) -> None:
        """End the zygote, and with it all workers."""
        async with self._lock:
            await self._stop()

    async def _command(self, command: bytes, pid: int, descriptors: Sequence[int]) -> int:
        async with self._lock:
            try:
                async with asyncio.timeout(_START_SECONDS):
                    if self._control is None:
                        self._control = await self._start()
                    socket.send_fds(self._control, [zygote.COMMAND.pack(command, pid)], descriptors)
                    return await _read_pid(self._control)
            except (OSError, TimeoutError):
                # It died, or nobody knows what it would answer next: the next command starts another.
                await self._stop()
                raise

    async def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with ExitStack() as stack:
            stack.callback(ours.close)
            ours.setblocking(False)
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-I", "-m", zygote.__name__, str(theirs.fileno()),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    # No secret of the service reaches a process that runs templates.
                    env={name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ},
                )  # fmt: skip
            await _read_pid(ours)
            stack.pop_all()
        return ours

    async def _stop(self) -> None:
        for worker in self._workers.values():
            worker.disconnect()
        self._workers.clear()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            await self._process.wait()
            self._process = None


async def _read_pid(control: socket.socket) -> int:
    reply = await asyncio.get_running_loop().sock_recv(control, zygote.PID.size)
    if len(reply) < zygote.PID.size:
        raise ConnectionResetError("the zygote has ended")
    pid: int = zygote.PID.unpack(reply)[0]
    return pid
