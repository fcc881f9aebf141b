"""The service's end of a worker process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any, TypeVar

from maestro_core.processes import die_with_parent, signal_group
from maestro_healing.backends.workers import frames, said
from maestro_healing.backends.workers.said import Said, Trouble
from maestro_healing.domain.errors import NOT_RUN, CannotHeal
from maestro_healing.domain.followup import Followed
from maestro_healing.domain.guard import TouchedTest
from maestro_healing.domain.healing import HealingSpec
from maestro_healing.domain.monitor import ErrorKind, Seen
from maestro_healing.domain.mutation.kept import Kept
from maestro_healing.domain.ports import Listener, nobody_listens
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.usecases.ports import Opened, Runs

T = TypeVar("T")

# By name: to import it would load the engine here.
_INSIDE = "maestro_healing.backends.workers.inside"


class WorkerFailed(Exception):
    """Something inside a worker went wrong that nobody foresaw."""


class Worker:
    """One process. Whoever breaks off what it does must end it."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls) -> Worker:
        """A process that may still be loading: what it is told waits for it. Raises OSError."""
        ours, theirs = socket.socketpair()
        with ExitStack() as stack:
            stack.callback(ours.close)
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", "-m", _INSIDE, str(theirs.fileno())),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    # No secret of the service is near to what reads a stranger's sources.
                    env={name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ},
                    start_new_session=True,
                    preexec_fn=die_with_parent(),
                )
            worker = cls(process, *await asyncio.open_connection(sock=ours))
            stack.pop_all()
        return worker

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.returncode is None

    async def heal(
        self, opened: Opened, spec: HealingSpec, tell: Listener, heals: Sequence[Followed] = ()
    ) -> HealingReport:
        """Heal a project. Raises CannotHeal, WorkerFailed, and what a run raises."""
        exchange = _Exchange(self, opened.runs, tell)
        return await exchange.answer(said.HEAL.frame((opened.project, spec, tuple(heals))), said.REPORT)

    async def look(self, opened: Opened, spec: HealingSpec, kinds: Sequence[ErrorKind]) -> Seen:
        """Look at a project. Raises CannotHeal, WorkerFailed, and what a run raises."""
        order = said.LOOK.frame((opened.project, spec, tuple(kinds)))
        return await _Exchange(self, opened.runs, nobody_listens).answer(order, said.SEEN)

    async def kept(
        self, opened: Opened, spec: HealingSpec, touched: Sequence[TouchedTest]
    ) -> Mapping[str, Kept]:
        """Try tests on mutants. Raises CannotHeal, WorkerFailed, and what a run raises."""
        order = said.KEEP.frame((opened.project, spec, tuple(touched)))
        return await _Exchange(self, opened.runs, nobody_listens).answer(order, said.KEPT)

    async def ask(self, order: dict[str, object], expected: Said[T]) -> T:
        """The answer to anything else. Raises CannotHeal and WorkerFailed."""
        await self.say(order)
        return read(expected, await self.hear())

    async def say(self, frame: dict[str, object]) -> None:
        """Tell it something. Raises CannotHeal where it has ended."""
        try:
            await frames.send(self._writer, frame)
        except OSError as error:
            raise await self._ended() from error

    async def hear(self) -> dict[str, Any]:
        """What it says next. Raises CannotHeal where it has ended."""
        try:
            frame: dict[str, Any] = await frames.receive(self._reader)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise await self._ended() from error
        return frame

    async def end(self) -> None:
        """End it, whatever it is doing."""
        self._writer.close()
        signal_group(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def _ended(self) -> CannotHeal:
        code = await self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return CannotHeal(
            "WORKER_ENDED",
            f"The process that reads the project ended in the middle of it ({how}). Something in it may be "
            "nested too deeply, or the machine is short of memory.",
        )


def read(expected: Said[T], frame: dict[str, Any]) -> T:
    """What was expected. Raises CannotHeal or WorkerFailed where trouble came instead."""
    if frame["word"] == expected.word:
        return expected.read(frame)
    trouble = said.TROUBLE.read(frame)
    if trouble.reason:
        raise CannotHeal(trouble.reason, trouble.message)
    raise WorkerFailed(trouble.message)


class _Exchange:
    """What goes to and fro while a worker has us run things."""

    def __init__(self, worker: Worker, runs: Runs, tell: Listener) -> None:
        self._worker = worker
        self._runs = runs
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self._error: Exception | None = None

    async def answer(self, order: dict[str, object], expected: Said[T]) -> T:
        try:
            await self._worker.say(order)
            while True:
                frame = await self._worker.hear()
                if frame["word"] in (said.RUN.word, said.CHECK.word):
                    self._tasks.add(asyncio.create_task(self._run(frame)))
                elif frame["word"] == said.PROGRESS.word:
                    await self._tell(said.PROGRESS.read(frame))
                elif frame["word"] == said.TROUBLE.word and self._error is not None:
                    raise self._error
                else:
                    return read(expected, frame)
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _run(self, frame: dict[str, Any]) -> None:
        try:
            if frame["word"] == said.RUN.word:
                ran = await self._runs.run(said.RUN.read(frame))
            else:
                ran = await self._runs.check(said.CHECK.read(frame))
            answer = said.RAN.frame(ran, frame["number"])
        except Exception as error:  # whatever it is, the work may end with it
            self._error = error
            reason = error.reason if isinstance(error, CannotHeal) else NOT_RUN
            answer = said.NOT_RUN.frame(Trouble(reason, str(error)), frame["number"])
        with suppress(CannotHeal):  # whoever listens to the worker learns that it has ended
            await self._worker.say(answer)
