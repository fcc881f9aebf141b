"""The runs of one healing."""

import asyncio
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.model import Progress, Stage, TestHealing
from maestro_healing.domain.ports import AS_IT_IS, Conditions, Listener, Runner, RunRequest, Side
from maestro_healing.domain.runs import RunResult, TestFailure, with_first_ids
from maestro_healing.domain.services import Needed
from maestro_healing.domain.sources import Project

_NO_TESTS_COLLECTED = 5
_BAD_SELECTION = 4
_TAIL = 2000
_AT_ONCE = 2
BUDGET_RAN_OUT = "the budget ran out before an edit was found and proved"
# An edit is run once to be found, and then in two turns to be proved.
_RUNS_TO_PROVE = 3


class Session:
    """Runs tests with the arguments and limits of one healing, and tells how far it is.

    `services` stand beside all runs from when they are set.
    """

    def __init__(
        self,
        runner: Runner,
        project: Project,
        pytest_args: tuple[str, ...],
        timeout: float,
        listener: Listener,
        budget: float | None = None,
    ) -> None:
        """`timeout` is in seconds for one run, `budget` for all of them (None: without end)."""
        self._runner = runner
        self._pytest_args = pytest_args
        self._timeout = timeout
        self._listener = listener
        self._end = math.inf if budget is None else time.monotonic() + budget
        self._longest = 0.0
        self._first = RunResult()
        self.project = project
        self.services: tuple[Needed, ...] = ()

    @property
    def seconds_left(self) -> float:
        """What is left of the budget; infinite without one."""
        return max(self._end - time.monotonic(), 0.0)

    @property
    def has_time(self) -> bool:
        """Whether something more can be tried and then still be proved, going by the runs until now."""
        return self.seconds_left > _RUNS_TO_PROVE * self._longest

    @property
    def is_over(self) -> bool:
        """Whether the budget ran out: a run that was cut off since tells nothing."""
        return self.seconds_left <= 0.0

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """What runs in this block leaves the time to prove what was found before it."""
        end = self._end
        self._end -= _RUNS_TO_PROVE * self._longest
        try:
            yield
        finally:
            self._end = end

    async def tell(
        self, stage: Stage, message: str, done: int = 0, total: int = 0, test: TestHealing | None = None
    ) -> None:
        """Reports progress."""
        await self._listener(Progress(stage, message, done, total, test))

    async def run_under(
        self, conditions: Conditions, overlay: Mapping[str, bytes] | None = None, side: Side = Side.HEAD
    ) -> RunResult:
        """A tree under conditions of its own, in a fresh process: all tests, or those of the order."""
        return await self._run(side, overlay or {}, (), conditions)

    async def run_under_each(
        self,
        conditions: Iterable[Conditions],
        overlay: Mapping[str, bytes] | None = None,
        side: Side = Side.HEAD,
    ) -> list[RunResult]:
        """A tree under each of these conditions, a few at a time."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(these: Conditions) -> RunResult:
            async with room:
                return await self.run_under(these, overlay, side)

        return await asyncio.gather(*map(one, conditions))

    async def run(self, overlay: Mapping[str, bytes], selection: Iterable[str]) -> RunResult:
        """The head with an overlay, in a fresh process. Each test is told by the id that it first had."""
        wanted = tuple(selection)
        result = RunResult()
        for chosen in dict.fromkeys((wanted, _functions(wanted), _files(wanted))):
            result = await self._run(Side.HEAD, overlay, chosen)
            if result.exit_status != _BAD_SELECTION or result.outcomes:
                break
        return with_first_ids(result, self._first)

    async def first_run(self, selection: tuple[str, ...]) -> RunResult:
        """The head as it stands. Raises CannotHeal where that shows nothing of the tests."""
        await self.tell(Stage.RUN, "Runs the tests as they stand")
        result = await self._run(Side.HEAD, {}, selection)
        if not result.outcomes:
            raise _nothing_ran(result, self.is_over)
        self._first = result
        return result

    async def base_run(self, failures: Sequence[TestFailure]) -> RunResult | None:
        """The failing tests on the last good revision; None where there is none."""
        base = self.project.base
        if base is None:
            return None
        known = tuple(f.test for f in failures if (base.root / f.file).exists())
        await self.tell(Stage.RUN, f"Runs {len(known)} failing tests on the last good revision")
        result = await self._run(Side.BASE, {}, known) if known else RunResult()
        if result.exit_status == _BAD_SELECTION and not result.outcomes:
            result = await self._run(Side.BASE, {}, _files(known))
        return result

    async def run_side(self, side: Side, overlay: Mapping[str, bytes], selection: Sequence[str]) -> RunResult:
        """Either tree with an overlay, in a fresh process."""
        return await self._run(side, overlay, tuple(selection))

    async def _run(
        self,
        side: Side,
        overlay: Mapping[str, bytes],
        selection: tuple[str, ...],
        conditions: Conditions = AS_IT_IS,
    ) -> RunResult:
        if self.is_over:
            return RunResult(timed_out=True)
        request = RunRequest(
            side,
            overlay,
            selection,
            self._pytest_args,
            min(self._timeout, self.seconds_left),
            services=self.services,
            conditions=conditions,
        )
        started = time.monotonic()
        result = await self._runner.run(request)
        self._longest = max(self._longest, time.monotonic() - started)
        return result


# pytest runs nothing at all where it knows one of the ids not, and an edited row may have another id.
def _functions(tests: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(test.partition("[")[0] for test in tests))


def _files(tests: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(test.partition("::")[0] for test in tests))


def _nothing_ran(result: RunResult, is_over: bool) -> CannotHeal:
    tail = result.log_tail[-_TAIL:].strip()
    if is_over:
        return CannotHeal("BUDGET_RAN_OUT", "The budget ran out before a test had come to its end.")
    if result.timed_out:
        at = f" at {result.running}" if result.running else ""
        return CannotHeal("RUN_TIMED_OUT", f"The tests did not end in time{at}.\n{tail}")
    if result.out_of_memory:
        return CannotHeal("OUT_OF_MEMORY", f"The tests took more memory than they may.\n{tail}")
    if result.exit_status == _NO_TESTS_COLLECTED:
        return CannotHeal("NO_TESTS", "pytest found no tests.")
    return CannotHeal(
        "NOTHING_RAN", f"pytest could not run the tests (exit status {result.exit_status}).\n{tail}"
    )
