"""Starts waiting jobs where there is room, and writes down how they end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from maestro_core.clock import Clock
from maestro_core.errors import DomainError
from maestro_environment.domain import junit
from maestro_environment.domain.environment import Environment, EnvironmentState, Failure
from maestro_environment.domain.job import Job, JobOutcome, JobState, TestCase
from maestro_environment.domain.names import EnvironmentName, JobName
from maestro_environment.domain.policy import Policy
from maestro_environment.domain.ports import Backend, Reader, Store, Writer
from maestro_environment.domain.usecases.loop import PERIOD, Loop

_log = structlog.get_logger(__name__)


@dataclass
class Scheduler:
    """One loop for all jobs, one task for each that runs. The tenant with the fewest running jobs is next."""

    store: Store
    backend: Backend
    policy: Policy
    clock: Clock
    _loop: Loop[JobName] = field(default_factory=Loop)

    def wake(self) -> None:
        """Look again now."""
        self._loop.wake()

    async def recover(self) -> None:
        """Settle what an earlier run of the service left RUNNING; before anything else runs."""
        for job in await self.store.read(lambda reader: reader.unfinished_jobs()):
            if job.state is JobState.RUNNING:
                outcome = await self.backend.recover_job(job)
                if outcome is not None:
                    await self._finish(job.name, outcome)
                else:
                    await self._hand_back(job.name)

    async def run(self) -> None:
        """Schedule until cancelled; what runs then is handed back, to be started anew."""
        await self._loop.run(self.round)

    async def round(self) -> None:
        """Settle every job that needs it, and start those that can run."""
        unfinished, environments = await self.store.read(_survey)
        running = self._loop.tasks
        waiting: list[Job] = []
        for job in unfinished:
            parent = environments.get(job.name.environment)
            if job.name in running:
                if job.cancel_requested:
                    await self.backend.cancel_job(job.name)
            elif parent is None or not parent.state.up or job.cancel_requested:
                await self._end_unrun(job.name, cancelled=job.cancel_requested)
            elif parent.state is EnvironmentState.READY and job.state is JobState.PENDING:
                waiting.append(job)
        for job in _in_turn(waiting, running)[: max(0, self.backend.max_jobs - len(running))]:
            self._loop.start(job.name, self._run(job, environments[job.name.environment]), then=self.wake)

    async def drain(self, environment: EnvironmentName) -> None:
        """End the jobs of an environment, and return when their ends are recorded."""
        while mine := {
            name: task for name, task in self._loop.tasks.items() if name.environment == environment
        }:
            for name in mine:
                await self.backend.cancel_job(name)
            await asyncio.wait(mine.values(), timeout=PERIOD)
        unfinished, _ = await self.store.read(_survey)
        for job in unfinished:
            if job.name.environment == environment:
                await self._end_unrun(job.name, cancelled=job.cancel_requested)

    async def _run(self, job: Job, environment: Environment) -> None:
        def start(writer: Writer) -> Job | None:
            current = writer.job(job.name)
            parent = writer.environment(job.name.environment)
            if current.state is not JobState.PENDING or not parent.state.up:
                return None
            return writer.save_job(current.running(self.clock.now()))

        try:
            started = await self.store.write(start)
            if started is not None:
                await self._finish(job.name, await self.backend.run_job(environment, started))
        except (DomainError, OSError) as error:
            _log.warning("job failed to run", job=str(job.name), error=str(error))
            await self._hand_back(job.name)
        except asyncio.CancelledError:
            await self._hand_back(job.name)
            raise

    async def _finish(self, name: JobName, outcome: JobOutcome) -> None:
        results, failure = await asyncio.to_thread(_results, outcome)

        def work(writer: Writer) -> None:
            job = writer.job(name)
            if job.state is not JobState.RUNNING:
                return
            parent = writer.environment(name.environment)
            finished = job.finished(outcome, results)
            if failure is not None and finished.failure is None and finished.state.ended:
                finished = finished.noting(failure)
            if outcome.state is JobState.CANCELLED and not parent.state.up and not job.cancel_requested:
                finished = finished.noting(_environment_ended(parent))
            writer.save_job(finished)

        await self.store.write(work)

    async def _hand_back(self, name: JobName) -> None:
        def work(writer: Writer) -> None:
            job = writer.job(name)
            if job.state is not JobState.RUNNING:
                return
            if job.attempts > job.spec.retries + self.policy.interruptions:
                failure = Failure("INTERRUPTED", f"The job was interrupted {job.attempts} times.")
                writer.save_job(job.ended_unrun(JobState.ERROR, failure, self.clock.now()))
            else:
                writer.save_job(job.handed_back())

        await self.store.write(work)

    async def _end_unrun(self, name: JobName, *, cancelled: bool) -> None:
        def work(writer: Writer) -> None:
            job = writer.job(name)
            if not job.state.ended:
                failure = None if cancelled else _environment_ended(writer.environment(name.environment))
                writer.save_job(job.ended_unrun(JobState.CANCELLED, failure, self.clock.now()))

        await self.store.write(work)


def _in_turn(waiting: list[Job], running: Iterable[JobName]) -> list[Job]:
    """Tenants take turns; within a tenant, who came first is first."""
    taken = Counter(name.tenant for name in running)
    turns: list[tuple[int, Job]] = []
    for job in waiting:
        turns.append((taken[job.name.tenant], job))
        taken[job.name.tenant] += 1
    return [job for _, job in sorted(turns, key=lambda turn: turn[0])]


def _survey(reader: Reader) -> tuple[list[Job], dict[EnvironmentName, Environment]]:
    living = {environment.name: environment for environment in reader.living()}
    return list(reader.unfinished_jobs()), living


def _environment_ended(environment: Environment) -> Failure:
    why = f": {environment.failure.message}" if environment.failure else "."
    return Failure("ENVIRONMENT_ENDED", f"{environment.name} is {environment.state}{why}")


def _results(outcome: JobOutcome) -> tuple[tuple[TestCase, ...] | None, Failure | None]:
    if outcome.junit is None:
        return None, None
    try:
        return junit.parse(outcome.junit), None
    except junit.JUnitError as error:
        return None, Failure("JUNIT_UNREADABLE", f"The JUnit file can't be read: {error}.")
