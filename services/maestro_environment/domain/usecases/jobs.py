"""What callers ask about jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

from maestro_core.clock import Clock
from maestro_core.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted
from maestro_core.ids import new_id
from maestro_environment.domain import paths
from maestro_environment.domain.job import Job, JobSpec, JobState
from maestro_environment.domain.names import EnvironmentName, JobName
from maestro_environment.domain.policy import Policy
from maestro_environment.domain.ports import JobFiles, Page, Query, Store, Workspaces, Writer

_SOON, _LATER = 0.02, 0.2


class Jobs:
    """Records what is wanted; the scheduler, which `wake` calls, makes it so."""

    def __init__(
        self,
        store: Store,
        files: JobFiles,
        workspaces: Workspaces,
        policy: Policy,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._files = files
        self._workspaces = workspaces
        self._policy = policy
        self._clock = clock
        self._wake = wake

    async def create(
        self, environment: EnvironmentName, id: str, spec: JobSpec, overlay: Mapping[str, bytes]
    ) -> Job:
        """Ask for a run of a command; `overlay` has the new content of files that the spec names.

        Raises InvalidArgument, NotFound (environment, workspace), FailedPrecondition (an environment on its
        way down), ResourceExhausted, AlreadyExists.
        """
        if violations := paths.violations(spec):
            raise InvalidArgument(
                "The job can't be run as it is.", reason="JOB_INVALID", violations=violations
            )
        if spec.workspace is not None and (
            # Another tenant's is as good as none: nobody learns what others have uploaded.
            spec.workspace.tenant != environment.tenant or not await self._workspaces.exists(spec.workspace)
        ):
            raise NotFound(f"There is no workspace {spec.workspace}.", reason="WORKSPACE_NOT_FOUND")
        self._policy.check(spec.limits)
        wanted = Job(
            JobName(environment, id or new_id("job")),
            replace(spec, limits=spec.limits.within(self._policy.job_limits)),
            self._clock.now(),
        )

        def work(writer: Writer) -> Job:
            parent = writer.environment(environment)
            if not parent.state.up:
                raise FailedPrecondition(
                    f"{environment} is {parent.state}: no job can run in it.", reason="ENVIRONMENT_ENDED"
                )
            waiting = writer.count_unfinished_jobs(environment.tenant)
            if waiting >= self._policy.unfinished_jobs_per_tenant:
                raise ResourceExhausted(
                    f"{waiting} jobs of the tenant have not ended yet, which is the quota.",
                    reason="JOB_QUOTA",
                    retry_after=10,
                )
            return writer.add_job(wanted)

        if overlay:  # files first: a record without its files could be started
            await self._files.put_overlay(wanted.name, overlay)
        job = await self._store.change_job(work)
        if overlay and job.name != wanted.name:  # the answer of an earlier call of this request
            await self._files.discard(wanted.name)
        self._wake()
        return job

    async def get(self, name: JobName) -> Job:
        """One job; raises NotFound."""
        return await self._store.read(lambda reader: reader.job(name))

    async def list(self, tenant: str, environment: str, query: Query) -> Page[Job]:
        """Some of the jobs of an environment, or of all where it is empty; raises InvalidArgument."""
        return await self._store.read(lambda reader: reader.jobs(tenant, environment, query))

    async def cancel(self, name: JobName) -> Job:
        """Ask for a job's end; raises NotFound."""

        def work(writer: Writer) -> Job:
            job = writer.job(name)
            if job.state.ended or job.cancel_requested:
                return job
            if job.state is JobState.PENDING:
                return writer.save_job(job.ended_unrun(JobState.CANCELLED, None, self._clock.now()))
            return writer.save_job(replace(job, cancel_requested=True))

        job = await self._store.change_job(work)
        self._wake()
        return job

    async def log(self, name: JobName, offset: int, follow: bool) -> AsyncIterator[tuple[int, bytes]]:
        """Pieces of what a job printed, each with its offset; to the job's end where `follow` is set.

        Raises NotFound.
        """
        pause = _SOON
        job = await self.get(name)
        while True:
            ended = job.state.ended
            while piece := await self._files.read_log(name, offset):
                yield offset, piece
                offset += len(piece)
                pause = _SOON
            if ended or not follow:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LATER)
            job = await self.get(name)

    async def artifact(self, name: JobName, path: str) -> AsyncIterator[bytes]:
        """The pieces of a file that the job left; raises NotFound."""
        job = await self.get(name)
        if path not in {artifact.path for artifact in job.artifacts}:
            raise NotFound(f"{name} kept no artifact {path!r}.", reason="ARTIFACT_NOT_FOUND")
        async for piece in self._files.read_artifact(name, path):
            yield piece
