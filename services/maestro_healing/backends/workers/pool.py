"""Implements `domain.usecases.ports.Engines`, and reads projects, in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from maestro_core.errors import InvalidArgument
from maestro_healing.backends.branches import BranchOrder
from maestro_healing.backends.copies import Copies, CopyOrder
from maestro_healing.backends.workers import said
from maestro_healing.backends.workers.worker import Worker
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.followup import Followed
from maestro_healing.domain.guard import Review, TouchedTest
from maestro_healing.domain.healing import HealingSpec
from maestro_healing.domain.model import StrategyInfo
from maestro_healing.domain.monitor import ErrorKind, Seen
from maestro_healing.domain.mutation.kept import Kept
from maestro_healing.domain.ports import Listener
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.usecases.ports import ChangedFile, Opened

_SPARE = 1
_FOR_CALLERS = 2


class WorkerPool:
    """A worker for each thing to do; one that is done waits for the next. The first loads at the start."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._strategies: Sequence[StrategyInfo] = ()
        # Callers wait here, not in processes. Healings are few by themselves.
        self._few = asyncio.Semaphore(_FOR_CALLERS)

    async def __aenter__(self) -> Self:
        self._idle.append(await Worker.start())
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self._idle:
            await worker.end()

    async def heal(
        self, opened: Opened, spec: HealingSpec, tell: Listener, heals: Sequence[Followed] = ()
    ) -> HealingReport:
        """Heal a project, in a process that ends where this is cancelled."""
        async with self._worker() as worker:
            return await worker.heal(opened, spec, tell, heals)

    async def look(self, opened: Opened, spec: HealingSpec, kinds: Sequence[ErrorKind]) -> Seen:
        """Look at a project, in a process that ends where this is cancelled."""
        async with self._worker() as worker:
            return await worker.look(opened, spec, kinds)

    async def review(self, files: Sequence[ChangedFile]) -> Review:
        """Review a change, in a process that ends where this is cancelled."""
        try:
            async with self._few, self._worker() as worker:
                return await worker.ask(said.REVIEW.frame(tuple(files)), said.REVIEWED)
        except CannotHeal as error:
            raise InvalidArgument(error.message, reason=error.reason) from error

    async def kept(
        self, opened: Opened, spec: HealingSpec, touched: Sequence[TouchedTest]
    ) -> Mapping[str, Kept]:
        """What tests keep of the mutants that they killed, in a process that ends where this is cancelled."""
        async with self._worker() as worker:
            return await worker.kept(opened, spec, touched)

    async def strategies(self) -> Sequence[StrategyInfo]:
        """What the engine knows to do. It is asked once."""
        async with self._few:
            if not self._strategies:
                async with self._worker() as worker:
                    self._strategies = await worker.ask(said.LIST.frame(None), said.STRATEGIES)
        return self._strategies

    async def unpack(self, archive: Path, target: Path) -> None:
        """Unpack an archive into a new folder. Raises CannotHeal."""
        async with self._worker() as worker:
            await worker.ask(said.UNPACK.frame((archive, target)), said.DONE)

    async def copy(self, order: CopyOrder) -> Copies:
        """Make private copies of a project. Raises CannotHeal."""
        async with self._worker() as worker:
            return await worker.ask(said.COPY.frame(order), said.COPIES)

    async def state(self, folder: Path) -> str:
        """The revision of a folder as it stands. Raises CannotHeal."""
        async with self._worker() as worker:
            return await worker.ask(said.STATE.frame(folder), said.REVISION)

    async def branch(self, order: BranchOrder) -> str:
        """Make a branch; gives its last commit. Raises CannotHeal."""
        async with self._worker() as worker:
            return await worker.ask(said.BRANCH.frame(order), said.REVISION)

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        worker = self._idle.pop() if self._idle else await Worker.start()
        if not worker.alive:
            worker = await Worker.start()
        try:
            yield worker
        except BaseException:
            await asyncio.shield(worker.end())
            raise
        if len(self._idle) < _SPARE:
            self._idle.append(worker)
        else:
            await worker.end()
