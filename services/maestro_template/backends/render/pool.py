"""The `Renderer` port on a pool of worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeAlias

from maestro_core import errors
from maestro_core.errors import DomainError, FieldViolation, ResourceExhausted, Unavailable
from maestro_core.logs import get_logger
from maestro_template.backends.render.processes import Worker, Zygote
from maestro_template.domain.importing import Imported
from maestro_template.domain.model import Folder, Json, Language, Problem, Rendered
from maestro_template.domain.ports import Source

_log = get_logger(__name__)
_ERRORS: Final[Mapping[str, type[DomainError]]] = {
    kind.__name__: kind for kind in (errors.InvalidArgument, errors.ResourceExhausted)
}
# The header of an answer, and its files.
_Reply: TypeAlias = tuple[dict[str, Any], Folder]


class RenderPool:
    """Workers that render one template at a time, each killed and replaced when it takes too long.

    `timeout` is the wall time in seconds that one rendering may take; at most `waiting` callers queue.
    """

    def __init__(self, workers: int = 2, timeout: float = 1.5, waiting: int = 64) -> None:
        self._size = workers
        self._timeout = timeout
        self._most_waiting = waiting
        self._waiting = 0
        self._zygote = Zygote()
        # None stands for a worker that could not be had.
        self._idle: asyncio.LifoQueue[Worker | None] = asyncio.LifoQueue()
        self._forking: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Begin to fork the workers; the first callers wait for them."""
        for _ in range(self._size):
            self._fork_another()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all processes. Renderings under way fail."""
        for task in self._forking:
            task.cancel()
        await asyncio.gather(*self._forking, return_exceptions=True)
        await self._zygote.close()

    async def render(
        self, source: Source, answers: Mapping[str, Json], origin: Mapping[str, str], only: str = ""
    ) -> Rendered:
        """Render a template. Raises what the port says."""
        header = {"operation": "render", "answers": answers, "origin": origin, "only": only}
        reply, files = await self._ask_about(source, header)
        return Rendered(files, reply["answers"])

    async def problems(self, source: Source) -> Sequence[Problem]:
        """What does not compile. Raises what the port says."""
        reply, _ = await self._ask_about(source, {"operation": "problems"})
        return [Problem(*problem) for problem in reply["problems"]]

    async def syntax(self, folder: Folder) -> Sequence[Problem]:
        """What is not what its name says. Raises what the port says."""
        reply, _ = await self._ask(lambda worker: worker.ask({"operation": "syntax"}, folder))
        return [Problem(*problem) for problem in reply["problems"]]

    async def convert(
        self, folder: Folder, language: Language | None, template_id: str, owner: str
    ) -> Imported:
        """Make a template of another tool's. Raises what the port says."""
        header = {"operation": "import", "language": language, "template_id": template_id, "owner": owner}
        reply, files = await self._ask(lambda worker: worker.ask(header, folder))
        return Imported(files, tuple(reply["not_executed"]))

    async def _ask_about(self, source: Source, header: Mapping[str, Any]) -> _Reply:
        """Ask about a template, which is sent to a worker that does not know it yet."""

        async def ask(worker: Worker) -> _Reply:
            reply = await worker.ask({**header, "key": source.object_id}, {})
            if "missing" in reply[0]:
                reply = await worker.ask({**header, "key": source.object_id}, source.folder)
            return reply

        return await self._ask(ask)

    async def _ask(self, ask: Callable[[Worker], Awaitable[_Reply]]) -> _Reply:
        async with self._worker() as worker:
            try:
                async with asyncio.timeout(self._timeout):
                    reply, files = await ask(worker)
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
    async def _worker(self) -> AsyncIterator[Worker]:
        if self._waiting >= self._most_waiting:
            raise ResourceExhausted("too many renderings wait", reason="RENDERER_BUSY", retry_after=1.0)
        self._waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self._waiting -= 1
        if worker is None:
            self._fork_another()
            raise Unavailable("no worker could be had", reason="RENDERER_UNAVAILABLE", retry_after=1.0)
        try:
            yield worker
        finally:
            if worker.spoiled:
                self._fork_another(instead_of=worker)
            else:
                self._idle.put_nowait(worker)

    def _fork_another(self, instead_of: Worker | None = None) -> None:
        # A task of its own: a caller that goes away must not break off the talk with the zygote.
        task = asyncio.create_task(self._fork(instead_of))
        self._forking.add(task)
        task.add_done_callback(self._forking.discard)

    async def _fork(self, instead_of: Worker | None) -> None:
        worker = None
        try:
            if instead_of is not None:
                await self._zygote.kill(instead_of)
            worker = await self._zygote.fork()
        except (OSError, TimeoutError) as error:
            _log.warning("no render worker could be forked", error=repr(error))
        finally:
            self._idle.put_nowait(worker)


def _limit_hit(why: str) -> ResourceExhausted:
    return ResourceExhausted(f"the rendering was ended: {why}", reason="RENDER_LIMIT")
