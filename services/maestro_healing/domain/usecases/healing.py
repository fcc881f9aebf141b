"""Starts healings, carries them out, and takes what people say of them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from maestro_core.clock import Clock
from maestro_core.errors import DomainError, FailedPrecondition, FieldViolation, InvalidArgument
from maestro_core.ids import new_id
from maestro_core.logs import get_logger
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.healing import Decision, Failure, Healing, HealingSpec, HealingState
from maestro_healing.domain.model import Progress, Verdict
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.usecases.ports import Change, Healings, Opened, Page, Query, Workshop

_log = get_logger(__name__)
_AT_ONE_TIME = 2
_MOST_STARTS = 3


@dataclass(frozen=True)
class StrategyCount:
    """Verdicts and decisions of the tests that one strategy edited; an empty id counts those without one."""

    strategy: str
    verdicts: Counter[Verdict]
    decisions: Counter[Decision]


@dataclass(frozen=True)
class Statistics:
    """Counts of a tenant's healings."""

    completed: int
    failed: int
    strategies: Sequence[StrategyCount]
    open_reviews: int


class HealingUseCases:
    """One object for each process; it owns the tasks that heal."""

    def __init__(self, healings: Healings, workshop: Workshop, clock: Clock) -> None:
        self._healings = healings
        self._workshop = workshop
        self._clock = clock
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(_AT_ONE_TIME)

    async def __aenter__(self) -> Self:
        """Take up again what a stop or a crash left unfinished: a healing starts from its beginning."""
        for healing in await self._healings.unfinished():
            self._start(healing)
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def create(self, tenant: str, id: str, spec: HealingSpec, owner: str, watch_from: int) -> Healing:
        """Start to heal. Raises InvalidArgument, PermissionDenied, AlreadyExists."""
        now = self._clock.now()
        healing = Healing(
            tenant, id or new_id("healing"), spec, owner, create_time=now, update_time=now,
            watch_from=watch_from,
        )  # fmt: skip
        await self._workshop.check(healing)
        healing = await self._healings.create(healing)
        if not healing.state.ended:
            self._start(healing)
        return healing

    async def get(self, tenant: str, id: str) -> Healing:
        """One healing. Raises NotFound."""
        return await self._healings.get(tenant, id)

    async def list(self, tenant: str, query: Query) -> Page:
        """Some of a tenant's healings. Raises InvalidArgument."""
        return await self._healings.list(tenant, query)

    async def cancel(self, tenant: str, id: str) -> Healing:
        """Stop one; one that has ended stays as it is. Raises NotFound."""
        healing = await self._healings.change(tenant, id, self._cancelled)
        task = self._tasks.get((tenant, id))
        if task is not None and healing.state is HealingState.CANCELLED:
            task.cancel()
        return healing

    async def decide(
        self, tenant: str, id: str, tests: Sequence[str], decision: Decision, comment: str = ""
    ) -> Healing:
        """Note what a person says of some tests, or of all that can be reviewed.

        Raises NotFound, FailedPrecondition (NOT_COMPLETED) and InvalidArgument (NOT_REVIEWABLE).
        """

        def decided(healing: Healing) -> Healing:
            if healing.state is not HealingState.COMPLETED:
                raise FailedPrecondition("The healing has no report yet.", reason="NOT_COMPLETED")
            strange = sorted(set(tests) - healing.reviewable)
            if strange:
                raise InvalidArgument(
                    "Only a test that is HEALED or PROPOSED can be approved or rejected.",
                    reason="NOT_REVIEWABLE",
                    violations=[FieldViolation("tests", f"{test} has no patch") for test in strange],
                )
            said = dict.fromkeys(tests or sorted(healing.reviewable), decision)
            words = dict.fromkeys(said, comment) if comment else {}
            return replace(
                healing,
                decisions={**healing.decisions, **said},
                comments={**healing.comments, **words},
                update_time=self._clock.now(),
            )

        return await self._healings.change(tenant, id, decided)

    async def statistics(self, tenant: str) -> Statistics:
        """Counts of a tenant's healings."""
        counts: dict[str, StrategyCount] = {}
        states: Counter[HealingState] = Counter()
        open_reviews = 0
        for healing in await self._healings.all(tenant):
            states[healing.state] += 1
            open_reviews += healing.open_reviews
            for test in healing.report.tests if healing.report else ():
                id = test.strategy or ""
                count = counts.setdefault(id, StrategyCount(id, Counter(), Counter()))
                count.verdicts[test.verdict] += 1
                if test.test in healing.decisions:
                    count.decisions[healing.decisions[test.test]] += 1
        return Statistics(
            states[HealingState.COMPLETED],
            states[HealingState.FAILED] + states[HealingState.CANCELLED],
            [counts[id] for id in sorted(counts)],
            open_reviews,
        )

    def _start(self, healing: Healing) -> None:
        key = healing.tenant, healing.id
        if key in self._tasks:
            return
        # A context of its own: the caller's deadline must not end a healing that goes on without it.
        task = asyncio.create_task(self._run(healing), name=healing.name, context=contextvars.Context())
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _run(self, healing: Healing) -> None:
        async with self._places:
            try:
                await self._heal(healing)
            except (CannotHeal, DomainError) as error:
                await self._end(healing, Failure(error.reason, error.message))
            except Exception:
                _log.exception("a healing failed", healing=healing.name)
                await self._end(
                    healing, Failure("INTERNAL", "Something went wrong inside Maestro; the log has more.")
                )

    async def _heal(self, healing: Healing) -> None:
        async def tell(progress: Progress) -> None:
            await self._healings.tell(healing, progress)

        async with contextlib.AsyncExitStack() as stack:
            running = await self._advance(
                healing, lambda old: replace(old, state=HealingState.RUNNING, starts=old.starts + 1)
            )
            if running.state.ended:
                return
            if running.starts > _MOST_STARTS:
                raise CannotHeal(
                    "INTERRUPTED", f"The service ended {_MOST_STARTS} times while it was at work on this."
                )
            opened: Opened = await stack.enter_async_context(self._workshop.open(healing, tell))
            report = await Engine(opened.runner, check_change).heal(
                opened.project,
                tests=healing.spec.tests,
                pytest_args=healing.spec.pytest_args,
                policy=healing.spec.policy,
                run_timeout=healing.spec.run_timeout,
                progress=tell,
            )
        await self._complete(healing, opened, report)

    async def _complete(self, healing: Healing, opened: Opened, report: HealingReport) -> None:
        await self._advance(
            healing,
            lambda old: replace(
                old,
                state=HealingState.COMPLETED,
                report=report,
                head_revision=opened.head_revision,
                base_revision=opened.base_revision,
                end_time=self._clock.now(),
            ),
        )

    async def _end(self, healing: Healing, failure: Failure) -> None:
        await self._advance(
            healing,
            lambda old: replace(old, state=HealingState.FAILED, failure=failure, end_time=self._clock.now()),
        )

    async def _advance(self, healing: Healing, change: Change) -> Healing:
        """Change a record of ours; one that was cancelled meanwhile stays as it is."""

        def guarded(old: Healing) -> Healing:
            return old if old.state.ended else replace(change(old), update_time=self._clock.now())

        return await self._healings.advance(healing.tenant, healing.id, guarded)

    def _cancelled(self, healing: Healing) -> Healing:
        if healing.state.ended:
            return healing
        now = self._clock.now()
        return replace(healing, state=HealingState.CANCELLED, update_time=now, end_time=now)
