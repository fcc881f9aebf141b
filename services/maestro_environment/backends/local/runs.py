"""Runs of jobs: from their plans to their outcomes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from maestro_environment.backends.files import trees
from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.local.cgroups import Group
from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launch import Launched, launch, read_outcome
from maestro_environment.backends.local.launcher.collect import JUNIT
from maestro_environment.backends.local.launcher.plan import Outcome, Plan
from maestro_environment.backends.local.planning import Planner
from maestro_environment.domain.environment import Failure
from maestro_environment.domain.job import Artifact, Job, JobOutcome, JobState
from maestro_environment.domain.names import JobName

_GRACE_SECONDS = 30.0


class Runs:
    """The jobs that run now."""

    def __init__(self, home: Home, files: JobFolders, planner: Planner) -> None:
        self._home = home
        self._files = files
        self._planner = planner
        self._running: dict[JobName, Launched] = {}
        self._cancelled: set[JobName] = set()

    @property
    def running(self) -> int:
        """How many run now."""
        return len(self._running)

    async def run(self, job: Job, env: dict[str, str], group: Group | None) -> JobOutcome:
        """Run a job to its end; `env` has the variables of the environment's services."""
        scratch = self._home.scratch(job.name)
        own = group.child(f"job-{job.name.id}") if group else None
        if own:
            own.limit(job.spec.limits)
        try:
            plan = await asyncio.to_thread(self._planner.plan, job, env, own)
            return await self._follow(job, plan, own)
        except OSError as error:
            now = datetime.now(UTC)
            return JobOutcome(JobState.ERROR, now, now, failure=Failure("JOB_NOT_STARTED", str(error)))
        finally:
            self._running.pop(job.name, None)
            self._cancelled.discard(job.name)
            if own:
                with suppress(OSError):  # the end of the environment tries again
                    await own.remove()
            await asyncio.to_thread(trees.remove, scratch)

    def cancel(self, name: JobName) -> None:
        """End a run: it is CANCELLED then."""
        self._cancelled.add(name)
        if launched := self._running.get(name):
            launched.stop()

    def recover(self, job: Job) -> JobOutcome | None:
        """How a run ended that an earlier service started; None where it did not get to its end."""
        outcome = read_outcome(self._files.folder(job.name) / "outcome.json")
        if outcome is None or outcome["ending"] == "stopped":
            return None
        return self._judge(job, outcome, None)

    async def _follow(self, job: Job, plan: Plan, own: Group | None) -> JobOutcome:
        launched = await launch(plan, self._home.mark(job.name.environment))
        self._running[job.name] = launched
        if job.name in self._cancelled:
            launched.stop()
        try:
            # The launcher minds the time; this is for one that can't.
            async with asyncio.timeout(job.spec.timeout.total_seconds() + _GRACE_SECONDS):
                outcome = await launched.wait()
        except TimeoutError:
            outcome = None
        finally:
            await launched.end()
        if outcome is None and job.name in self._cancelled:  # before the launcher was up
            now = datetime.now(UTC)
            return JobOutcome(JobState.CANCELLED, now, now)
        if outcome is None:
            words = Path(plan["outcome"]).with_name("launcher.log").read_text(errors="replace")
            raise OSError(f"the launcher ended without an outcome: {words[-500:]}")
        return self._judge(job, outcome, own)

    def _judge(self, job: Job, outcome: Outcome, own: Group | None) -> JobOutcome:
        folder = self._files.folder(job.name)
        killed = own is not None and own.memory_kills() > 0
        state = self._state(job.name, outcome, killed)
        code = outcome["exit_code"]
        failure = None
        if state is JobState.ERROR:
            reason = outcome["reason"] or "JOB_NOT_STARTED"
            failure = Failure(reason, f"The command could not be run: {outcome['error']}.")
        elif outcome["ending"] == "too many tasks":
            limit = job.spec.limits.processes
            failure = Failure(
                "PROCESS_LIMIT",
                f"The job was ended: it had more than {limit} processes and threads at one time, its limit.",
            )
        return JobOutcome(
            state=state,
            started=datetime.fromtimestamp(outcome["started"], UTC),
            ended=datetime.fromtimestamp(outcome["ended"], UTC),
            exit_code=code,
            failure=failure,
            artifacts=tuple(Artifact(kept["path"], kept["size"]) for kept in outcome["kept"]),
            peak_memory_bytes=max(outcome["peak_memory_bytes"], own.peak_memory() if own else 0),
            log_bytes=outcome["log_bytes"],
            log_truncated=outcome["log_truncated"],
            junit=(folder / JUNIT).read_bytes() if outcome["junit"] else None,
        )

    def _state(self, name: JobName, outcome: Outcome, killed: bool) -> JobState:
        match outcome["ending"]:
            case "timed out":
                return JobState.TIMED_OUT
            case "out of memory":
                return JobState.OUT_OF_MEMORY
            case "stopped":
                return JobState.CANCELLED
            case "too many tasks":
                return JobState.FAILED
            case "error":
                return JobState.ERROR
        if name in self._cancelled and outcome["exit_code"]:
            return JobState.CANCELLED
        if killed and outcome["exit_code"] != 0:
            return JobState.OUT_OF_MEMORY
        return JobState.SUCCEEDED if outcome["exit_code"] == 0 else JobState.FAILED
