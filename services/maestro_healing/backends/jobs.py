"""Runs commands in an environment of their own, by the Environment service's API."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import grpc
from google.protobuf.duration_pb2 import Duration

from maestro.environment.v1 import environment_pb2, job_pb2
from maestro_client import Maestro, MaestroError, upload_workspace
from maestro_core.logs import get_logger
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.usecases.ports import Visit

_log = get_logger(__name__)

_LOG_TAIL = 20_000
_LARGEST_ARTIFACT = 256 * 2**20
# Short, so that what a killed service left does not stay long; renewed often enough to miss a turn.
_LIFE = timedelta(minutes=20)
_RENEW_AFTER = timedelta(minutes=5)
_POLL_SECONDS = 0.02
_KIND = "SERVICE_KIND_"
# A stop waits for these.
_END_SECONDS = 5.0
_ENDED = frozenset(
    {
        job_pb2.JOB_STATE_SUCCEEDED, job_pb2.JOB_STATE_FAILED, job_pb2.JOB_STATE_TIMED_OUT,
        job_pb2.JOB_STATE_OUT_OF_MEMORY, job_pb2.JOB_STATE_CANCELLED, job_pb2.JOB_STATE_ERROR,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Command:
    """What to run. `overlay` is laid over the workspace; `timeout` is in seconds."""

    arguments: Sequence[str]
    workspace: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    overlay: Mapping[str, bytes] = field(default_factory=dict)
    caches: Mapping[str, bool] = field(default_factory=dict)
    timeout: float = 600.0
    memory_bytes: int = 0
    network: bool = False


@dataclass(frozen=True)
class Ended:
    """A job that has ended, and the last of what it printed."""

    job: job_pb2.Job
    log_tail: str


class Environment:
    """One environment of the Environment service; gone after the block.

    `addresses` has the variables that its jobs get for each kind of service in it.
    """

    def __init__(self, peer: Maestro, name: str) -> None:
        self._environments = peer.environments
        self._jobs = peer.jobs
        self._name = name
        self.addresses: Mapping[str, Mapping[str, str]] = {}

    @classmethod
    @asynccontextmanager
    async def lent(
        cls, peer: Maestro, visit: Visit, kinds: Sequence[str] = (), number: int = 0
    ) -> AsyncIterator[Environment]:
        """An environment for one start of a visit; that of a start before ends. Raises MaestroError.

        One with `kinds` of services is for one run, and has a `number` of its own.
        """
        parent = f"tenants/{visit.tenant}"
        if visit.starts > 1:
            await cls(peer, f"{parent}/environments/{_id(visit, visit.starts - 1, number)}")._delete()
        services = [environment_pb2.ServiceSpec(kind=f"{_KIND}{kind.upper()}") for kind in kinds]
        request = environment_pb2.CreateEnvironmentRequest(
            parent=parent,
            environment_id=_id(visit, visit.starts, number),
            spec=environment_pb2.EnvironmentSpec(services=services, labels={"maestro.healing": visit.id}),
            ttl=_duration(_LIFE.total_seconds()),
        )
        environment = cls(peer, f"{parent}/environments/{request.environment_id}")
        creating = asyncio.create_task(environment._create(request))
        renewing = asyncio.create_task(environment._renew())
        try:
            await asyncio.shield(creating)
            await environment._ready()
            yield environment
        finally:
            renewing.cancel()
            await asyncio.shield(environment._end(creating))

    async def upload(self, folder: Path) -> str:
        """Send the files that jobs run on; gives the workspace's name."""
        parent = self._name.partition("/environments/")[0]
        return await upload_workspace(self._jobs, parent, folder)

    async def run(self, command: Command) -> Ended:
        """Run a command to its end; stop it where we are cancelled. Raises MaestroError."""
        spec = job_pb2.JobSpec(
            command=command.arguments,
            env=command.env,
            workspace=command.workspace,
            overlay=[job_pb2.OverlayFile(path=path, content=data) for path, data in command.overlay.items()],
            caches=[job_pb2.CacheMount(name=name, writable=rw) for name, rw in command.caches.items()],
            timeout=_duration(command.timeout),
            network=job_pb2.NETWORK_ACCESS_HOST if command.network else job_pb2.NETWORK_ACCESS_NONE,
        )
        spec.limits.memory_bytes = command.memory_bytes
        created = await self._jobs.CreateJob(job_pb2.CreateJobRequest(parent=self._name, spec=spec))
        name = created.job.name
        try:
            tail = bytearray()
            async for piece in self._jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=name, follow=True)):
                tail += piece.data
                del tail[:-_LOG_TAIL]
            return Ended(await self._ended(name), tail.decode("utf-8", "replace"))
        except asyncio.CancelledError:
            await asyncio.shield(self._cancel(name))
            raise

    async def artifact(self, job: job_pb2.Job, path: str) -> bytes | None:
        """A file that a job left; None where it left none. Raises CannotHeal (RESULTS_TOO_LARGE)."""
        sizes = [artifact.size_bytes for artifact in job.artifacts if artifact.path == path]
        if not sizes:
            return None
        if sizes[0] > _LARGEST_ARTIFACT:
            raise CannotHeal(
                "RESULTS_TOO_LARGE",
                f"The results of the tests take more than {_LARGEST_ARTIFACT >> 20} MiB; name fewer tests.",
            )
        content = bytearray()
        async for piece in self._jobs.DownloadArtifact(
            job_pb2.DownloadArtifactRequest(name=job.name, path=path)
        ):
            content += piece.data
        return bytes(content)

    async def _ended(self, name: str) -> job_pb2.Job:
        while True:
            job = (await self._jobs.GetJob(job_pb2.GetJobRequest(name=name))).job
            if job.state in _ENDED:
                return job
            await asyncio.sleep(_POLL_SECONDS)

    async def _ready(self) -> None:
        while True:
            request = environment_pb2.GetEnvironmentRequest(name=self._name)
            environment = (await self._environments.GetEnvironment(request)).environment
            if environment.state == environment_pb2.ENVIRONMENT_STATE_READY:
                self.addresses = {
                    environment_pb2.ServiceKind.Name(one.kind).removeprefix(_KIND).lower(): dict(one.env)
                    for one in environment.connections
                }
                return
            if environment.state == environment_pb2.ENVIRONMENT_STATE_FAILED:
                raise MaestroError(
                    grpc.StatusCode.UNAVAILABLE,
                    environment.failure.message,
                    reason=environment.failure.reason,
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_AFTER.total_seconds())
            request = environment_pb2.ExtendEnvironmentRequest(
                name=self._name, ttl=_duration(_LIFE.total_seconds())
            )
            try:
                await self._environments.ExtendEnvironment(request)
            except MaestroError as error:
                _log.warning("an environment's life was not extended", reason=error.reason)

    async def _create(self, request: environment_pb2.CreateEnvironmentRequest) -> None:
        await self._environments.CreateEnvironment(request)

    async def _end(self, creating: asyncio.Task[None]) -> None:
        """Delete it. A creation that is cut off may still be carried out, after the deletion then."""
        with suppress(MaestroError, TimeoutError):
            await asyncio.wait_for(creating, _END_SECONDS)
        await self._delete()

    async def _delete(self) -> None:
        """Best effort: what cannot be deleted now ends with its lifetime."""
        try:
            await self._environments.DeleteEnvironment(
                environment_pb2.DeleteEnvironmentRequest(name=self._name), timeout=_END_SECONDS
            )
        except MaestroError as error:
            if error.code is grpc.StatusCode.NOT_FOUND:
                return
            _log.warning("an environment is left to expire", environment=self._name, reason=error.reason)

    async def _cancel(self, name: str) -> None:
        """Best effort: what can't be stopped now ends with its environment."""
        try:
            await self._jobs.CancelJob(job_pb2.CancelJobRequest(name=name), timeout=_END_SECONDS)
        except MaestroError as error:
            _log.warning("a job could not be stopped", job=name, reason=error.reason)


def _id(visit: Visit, start: int, number: int) -> str:
    """The id of a start's environment: whoever takes a healing over finds the one before."""
    digest = hashlib.sha256(f"{visit.id} {visit.create_time.isoformat()}".encode()).hexdigest()
    return f"healing-{digest[:20]}-{start}" + (f"-{number}" if number else "")


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration
