"""The `Renderer` port on a pool of worker processes."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from maestro_core import errors
from maestro_core.errors import DomainError, FieldViolation, ResourceExhausted, Unavailable
from maestro_template.backends.render import frames, zygote
from maestro_template.domain import limits
from maestro_template.domain.model import Folder, Json, Problem, Rendered
from maestro_template.domain.ports import Source

_ANSWER_BYTES: Final = limits.MAX_OUTPUT_BYTES + 4 * 1024 * 1024
_START_SECONDS: Final = 20.0
_ERRORS: Final[Mapping[str, type[DomainError]]] = {
    kind.__name__: kind for kind in (errors.InvalidArgument, errors.ResourceExhausted)
}


class RenderPool:
    """Workers that render one template at a time, each killed and replaced when it takes too long.

    `timeout` is the wall time in seconds that one rendering may take; at most `waiting` callers queue.
    """

    def __init__(self, workers: int = 2, timeout: float = 1.5, waiting: int = 64) -> None:
        self._size = workers
        self._timeout = timeout
        self._most_waiting = waiting
        self._waiting = 0
        self._zygote = _Zygote()
        self._idle: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._idle.put_nowait(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all processes. Renderings under way fail."""
        await self._zygote.close()

    async def warm_up(self) -> None:
        """Have a worker forked, so that the first caller does not wait for it.

        Raises Unavailable (RENDERER_UNAVAILABLE).
        """
        async with self._worker():
            pass

    async def render(
        self, source: Source, answers: Mapping[str, Json], origin: Mapping[str, str], only: str = ""
    ) -> Rendered:
        """Render a template. Raises what the port says."""
        header = {"operation": "render", "answers": answers, "origin": origin, "only": only}
        reply, files = await self._ask(source, header)
        return Rendered(files, reply["answers"])

    async def problems(self, source: Source) -> Sequence[Problem]:
        """What does not compile. Raises what the port says."""
        reply, _ = await self._ask(source, {"operation": "problems"})
        return [Problem(*problem) for problem in reply["problems"]]

    async def _ask(self, source: Source, header: Mapping[str, Any]) -> tuple[dict[str, Any], Folder]:
        async with self._worker() as worker:
            try:
                async with asyncio.timeout(self._timeout):
                    reply, files = await worker.ask({**header, "key": source.object_id}, {})
                    if "missing" in reply:
                        reply, files = await worker.ask({**header, "key": source.object_id}, source.folder)
            except TimeoutError as error:
                worker.spoiled = True
                raise _limit_hit(f"it needs more than {self._timeout:g} seconds") from error
            except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
                worker.spoiled = True
                raise _limit_hit("its process broke down") from error
            except asyncio.CancelledError:
                worker.spoiled = True
                raise
        if "exhausted" in reply:
            raise _limit_hit("it needs too much memory or recurses too deeply")
        if "error" in reply:
            raise _ERRORS[reply["error"]](
                reply["message"],
                reason=reply["reason"],
                violations=[FieldViolation(*violation) for violation in reply["violations"]],
            )
        return reply, files

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[_Worker]:
        if self._waiting >= self._most_waiting:
            raise ResourceExhausted("too many renderings wait", reason="RENDERER_BUSY", retry_after=1.0)
        self._waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self._waiting -= 1
        try:
            if worker is None:
                worker = await self._zygote.fork()
            yield worker
        finally:
            # Whatever a killed worker was, its place in the pool is filled by a fresh fork on the next use.
            if worker is not None and worker.spoiled:
                await asyncio.shield(self._zygote.kill(worker))
                worker = None
            self._idle.put_nowait(worker)


def _limit_hit(why: str) -> ResourceExhausted:
    return ResourceExhausted(f"the rendering was ended: {why}", reason="RENDER_LIMIT")


class _Worker:
    """The service's end of one worker process."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.spoiled = False
        self._reader = reader
        self._writer = writer

    async def ask(self, header: Mapping[str, Any], folder: Folder) -> tuple[dict[str, Any], Folder]:
        """Send a request and read its answer."""
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


class _Zygote:
    """The process that forks workers: started on first use, and again should it ever die."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._workers: dict[int, _Worker] = {}

    async def fork(self) -> _Worker:
        """A fresh worker. Raises Unavailable (RENDERER_UNAVAILABLE)."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                pid = await self._command(b"F", 0, [theirs.fileno()])
            worker = _Worker(pid, *await asyncio.open_connection(sock=ours))
        except (OSError, TimeoutError) as error:
            ours.close()
            raise Unavailable(
                "no worker for rendering could be started", reason="RENDERER_UNAVAILABLE", retry_after=1.0
            ) from error
        self._workers[pid] = worker
        return worker

    async def kill(self, worker: _Worker) -> None:
        """End a worker, whatever it is doing."""
        worker.disconnect()
        self._workers.pop(worker.pid, None)
        try:
            await self._command(b"K", worker.pid, [])
        except (OSError, TimeoutError):
            # A zygote that does not answer takes its workers with it.
            await self.close()

    async def close(self) -> None:
        """End the zygote, and with it all workers."""
        async with self._lock:
            await self._stop()

    async def _command(self, command: bytes, pid: int, descriptors: Sequence[int]) -> int:
        async with self._lock:
            if self._process is not None and self._process.returncode is not None:
                await self._stop()
            if self._control is None:
                self._control = await self._start()
            async with asyncio.timeout(_START_SECONDS):
                socket.send_fds(self._control, [zygote.COMMAND.pack(command, pid)], descriptors)
                return await _read_pid(self._control)

    async def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
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
        async with asyncio.timeout(_START_SECONDS):
            await _read_pid(ours)
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
