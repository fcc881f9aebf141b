"""What is healed: a suite in which tests depend on each other, and which of them are judged."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.ports import AS_IT_IS, Conditions, RunRequest, Side
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import FolderTree

STRATEGY = "flaky_stabilization"
RUN_TIMEOUT = 600.0


@dataclass(frozen=True)
class Row:
    """One test that depends on others; `polluter` is the one that it is known to depend on, if any is."""

    kind: str
    number: int
    test: str
    polluter: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """What names its result."""
        return STRATEGY, self.kind, self.number


@dataclass(frozen=True)
class Suite:
    """Tests with all that running them takes; `files` are those to run, empty for all."""

    root: Path
    python: Path
    rows: tuple[Row, ...]
    files: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()

    @property
    def tree(self) -> FolderTree:
        """Its files."""
        return FolderTree(self.root)

    def runner(self) -> LocalRunner:
        """Runs it; base and head are the same, for nothing changed but the order."""
        return LocalRunner({Side.HEAD: self.tree, Side.BASE: self.tree}, str(self.python))

    def run_each(
        self, conditions: Sequence[Conditions], overlay: Mapping[str, bytes]
    ) -> Mapping[Conditions, RunResult]:
        """A run in a fresh process for each of the conditions, with some files replaced."""
        return asyncio.run(self._run_each(list(dict.fromkeys(conditions)), overlay))

    def run(self) -> RunResult:
        """One run as the tests run by themselves."""
        return self.run_each([AS_IT_IS], {})[AS_IT_IS]

    async def _run_each(
        self, conditions: Sequence[Conditions], overlay: Mapping[str, bytes]
    ) -> Mapping[Conditions, RunResult]:
        runner, found = self.runner(), {}
        for these in conditions:
            request = RunRequest(
                Side.HEAD, overlay, self.files, self.pytest_args, RUN_TIMEOUT, conditions=these
            )
            found[these] = await runner.run(request)
        return found
