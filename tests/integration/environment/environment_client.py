"""A client of the Environment service, with the waits that tests need."""

from __future__ import annotations

import asyncio
import io
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestro.environment.v1 import environment_pb2, environment_pb2_grpc, job_pb2, job_pb2_grpc

ENDED = {
    job_pb2.JOB_STATE_SUCCEEDED,
    job_pb2.JOB_STATE_FAILED,
    job_pb2.JOB_STATE_TIMED_OUT,
    job_pb2.JOB_STATE_OUT_OF_MEMORY,
    job_pb2.JOB_STATE_CANCELLED,
    job_pb2.JOB_STATE_ERROR,
}


@dataclass
class Client:
    """Stubs of one caller, and the waits that tests need."""

    environments: environment_pb2_grpc.EnvironmentServiceStub
    jobs: job_pb2_grpc.JobServiceStub
    tenant: str

    async def environment(
        self,
        services: Sequence[environment_pb2.ServiceKind] = (),
        *,
        wait_for_ready: bool = False,
        **fields: object,
    ) -> environment_pb2.Environment:
        """Create an environment and wait until it is ready; first for the service where that is asked."""
        spec = environment_pb2.EnvironmentSpec(
            services=[environment_pb2.ServiceSpec(kind=kind) for kind in services]
        )
        request = environment_pb2.CreateEnvironmentRequest(parent=f"tenants/{self.tenant}", spec=spec)
        request.MergeFrom(environment_pb2.CreateEnvironmentRequest(**fields))
        created = await self.environments.CreateEnvironment(request, wait_for_ready=wait_for_ready)
        return await self.reaches(created.environment.name, environment_pb2.ENVIRONMENT_STATE_READY)

    async def reaches(self, name: str, *states: int, seconds: float = 30) -> environment_pb2.Environment:
        """Wait until an environment is in one of these states."""
        deadline = time.monotonic() + seconds
        while True:
            request = environment_pb2.GetEnvironmentRequest(name=name)
            environment = (await self.environments.GetEnvironment(request)).environment
            if environment.state in states:
                return environment
            assert time.monotonic() < deadline, f"still {environment}"
            await asyncio.sleep(0.02)

    async def start(self, environment: str, *command: str, **spec: object) -> job_pb2.Job:
        """Create a job."""
        request = job_pb2.CreateJobRequest(parent=environment, spec=job_pb2.JobSpec(command=command, **spec))
        return (await self.jobs.CreateJob(request)).job

    async def ended(self, name: str, seconds: float = 30) -> job_pb2.Job:
        """Wait until a job has ended."""
        deadline = time.monotonic() + seconds
        while True:
            job = (await self.jobs.GetJob(job_pb2.GetJobRequest(name=name))).job
            if job.state in ENDED:
                return job
            assert time.monotonic() < deadline, f"still {job}"
            await asyncio.sleep(0.02)

    async def run(self, environment: str, *command: str, **spec: object) -> job_pb2.Job:
        """Create a job and wait until it has ended."""
        return await self.ended((await self.start(environment, *command, **spec)).name)

    async def log(self, job: str, *, follow: bool = False, offset: int = 0) -> bytes:
        """What a job printed."""
        request = job_pb2.StreamJobLogsRequest(name=job, follow=follow, offset=offset)
        return b"".join([piece.data async for piece in self.jobs.StreamJobLogs(request)])

    async def upload(self, archive: bytes, sha256: str = "") -> job_pb2.Workspace:
        """Upload a workspace."""
        header = job_pb2.WorkspaceHeader(parent=f"tenants/{self.tenant}", sha256=sha256)
        pieces = [archive[start : start + 65536] for start in range(0, len(archive), 65536)]
        messages = [
            job_pb2.UploadWorkspaceRequest(header=header),
            *(job_pb2.UploadWorkspaceRequest(data=piece) for piece in pieces),
        ]
        return (await self.jobs.UploadWorkspace(iter(messages))).workspace


def tar(files: Mapping[str, bytes]) -> bytes:
    """An archive of files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
