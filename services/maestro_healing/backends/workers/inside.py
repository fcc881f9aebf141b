"""The inside of a worker process, run as `python -I -m maestro_healing.backends.workers.inside SOCKET`.

It knows a project's files and the service that started it. What is to be run, the service runs; what an
archive, a repository or a source does to whoever reads it, it does to this process alone.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
import traceback
from itertools import count
from typing import Any, TypeVar

from maestro_healing.backends.archives import unpack
from maestro_healing.backends.branches import make_branch
from maestro_healing.backends.copies import make_copies
from maestro_healing.backends.states import state_of
from maestro_healing.backends.workers import frames, said
from maestro_healing.backends.workers.said import Said, Trouble
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.guard import FileChange, check_change, review
from maestro_healing.domain.looking import CheckRequest, Output, look
from maestro_healing.domain.model import Progress
from maestro_healing.domain.mutation import kept_by_change
from maestro_healing.domain.ports import RunRequest
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.runs import RunResult, read_probe
from maestro_healing.domain.strategies import CATALOGUE
from maestro_healing.domain.usecases.ports import Ran

T = TypeVar("T")
_MOST_MEMORY = 4 * 2**30


class Inside:
    """Does what the service says, one thing after the other. It is the engine's runner too."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._numbers = count(1)
        self._runs: dict[int, asyncio.Future[Ran]] = {}

    async def listen(self) -> None:
        """Hear what the service says, and end with it."""
        try:
            while True:
                frame = await frames.receive(self._reader)
                if frame["word"] in (said.RAN.word, said.NOT_RUN.word):
                    self._settle(frame)
                else:
                    self._orders.put_nowait(frame)
        except (asyncio.IncompleteReadError, OSError):
            os._exit(0)

    async def work(self) -> None:
        """Carry out what is asked for."""
        while True:
            await frames.send(self._writer, await self._answer(await self._orders.get()))

    async def run(self, request: RunRequest) -> RunResult:
        """Have the service run tests. Raises CannotHeal."""
        ran = await self._ran(said.RUN, request)
        try:
            return read_probe(**vars(ran))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _unreadable() from error

    async def mutate(self, request: RunRequest) -> bytes | None:
        """Have the service try tests on mutants. Raises CannotHeal."""
        return (await self._ran(said.RUN, request)).document

    async def check(self, request: CheckRequest) -> Output:
        """Have the service run a tool. Raises CannotHeal."""
        ran = await self._ran(said.CHECK, request)
        text = (ran.document or b"").decode("utf-8", "replace")
        return Output(text, ran.exit_status, ran.timed_out, ran.log_tail)

    async def _ran(self, what: Said[T], request: T) -> Ran:
        number = next(self._numbers)
        self._runs[number] = asyncio.get_running_loop().create_future()
        await frames.send(self._writer, what.frame(request, number))
        return await self._runs[number]

    async def _answer(self, order: dict[str, Any]) -> dict[str, object]:
        try:
            match order["word"]:
                case said.UNPACK.word:
                    unpack(*said.UNPACK.read(order))
                    return said.DONE.frame(None)
                case said.COPY.word:
                    return said.COPIES.frame(make_copies(said.COPY.read(order)))
                case said.REVIEW.word:
                    return said.REVIEWED.frame(review(_changes(order)))
                case said.KEEP.word:
                    return said.KEPT.frame(await kept_by_change(self, *said.KEEP.read(order)))
                case said.STATE.word:
                    return said.REVISION.frame(state_of(said.STATE.read(order)))
                case said.BRANCH.word:
                    return said.REVISION.frame(make_branch(said.BRANCH.read(order)))
                case said.LOOK.word:
                    return said.SEEN.frame(await look(self, *said.LOOK.read(order)))
                case said.LIST.word:
                    return said.STRATEGIES.frame(CATALOGUE)
                case _:
                    return said.REPORT.frame(await self._heal(order))
        except CannotHeal as error:
            return said.TROUBLE.frame(Trouble(error.reason, error.message))
        except RecursionError:
            trouble = Trouble("PROJECT_UNREADABLE", "Something in it is nested too deeply to be read.")
            return said.TROUBLE.frame(trouble)
        except MemoryError:
            words = f"To read the project takes more than {_MOST_MEMORY >> 30} GiB of memory."
            return said.TROUBLE.frame(Trouble("PROJECT_TOO_LARGE", words))
        except Exception:
            return said.TROUBLE.frame(Trouble("", traceback.format_exc()))

    async def _heal(self, order: dict[str, Any]) -> HealingReport:
        async def tell(progress: Progress) -> None:
            await frames.send(self._writer, said.PROGRESS.frame(progress))

        project, spec, heals = said.HEAL.read(order)
        return await Engine(self, check_change).heal(
            project,
            tests=spec.tests,
            pytest_args=spec.pytest_args,
            policy=spec.policy,
            run_timeout=spec.run_timeout,
            budget=spec.budget,
            heals=heals,
            progress=tell,
        )

    def _settle(self, frame: dict[str, Any]) -> None:
        run = self._runs.pop(frame["number"])
        if frame["word"] == said.RAN.word:
            run.set_result(said.RAN.read(frame))
        else:
            trouble = said.NOT_RUN.read(frame)
            run.set_exception(CannotHeal(trouble.reason, trouble.message))


def _unreadable() -> CannotHeal:
    words = "The results of the tests can't be read: something else wrote to their file."
    return CannotHeal("RESULTS_UNREADABLE", words)


def _changes(order: dict[str, Any]) -> list[FileChange]:
    return [FileChange.decode(file.path, file.old, file.new) for file in said.REVIEW.read(order)]


async def _main() -> None:
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=int(sys.argv[1])))
    inside = Inside(reader, writer)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(inside.listen())
        tasks.create_task(inside.work())


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asyncio.run(_main())
