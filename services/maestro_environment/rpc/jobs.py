"""The servicer of JobService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from maestro.environment.v1 import job_pb2, job_pb2_grpc
from maestro_core.events.hub import Hub
from maestro_core.rpc.uploads import received
from maestro_environment.domain.names import EnvironmentName, JobName
from maestro_environment.domain.ports import Query, Workspaces
from maestro_environment.domain.usecases.jobs import Jobs
from maestro_environment.events.messages import job_message
from maestro_environment.rpc import requests


class JobServicer(job_pb2_grpc.JobServiceServicer):
    """Translates, and calls the use cases."""

    def __init__(self, jobs: Jobs, workspaces: Workspaces, hub: Hub) -> None:
        self._jobs = jobs
        self._workspaces = workspaces
        self._hub = hub

    async def UploadWorkspace(
        self, request_iterator: AsyncIterator[job_pb2.UploadWorkspaceRequest], context: Any
    ) -> job_pb2.UploadWorkspaceResponse:
        """Take files that jobs run on."""
        header, data = await received(request_iterator)
        tenant, sha256 = requests.tenant(header.parent), header.sha256
        workspace = await self._workspaces.find(tenant, sha256) if sha256 else None
        if workspace is None:
            workspace = await self._workspaces.upload(tenant, sha256, data)
        return job_pb2.UploadWorkspaceResponse(
            workspace=job_pb2.Workspace(
                name=str(workspace.name), size_bytes=workspace.size_bytes, files=workspace.files
            )
        )

    async def CreateJob(self, request: job_pb2.CreateJobRequest, context: Any) -> job_pb2.CreateJobResponse:
        """Ask for a run of a command."""
        job = await self._jobs.create(
            EnvironmentName.parse(request.parent),
            request.job_id,
            requests.job_spec(request.spec),
            requests.overlay_contents(request.spec),
        )
        return job_pb2.CreateJobResponse(job=job_message(job, cases=True))

    async def GetJob(self, request: job_pb2.GetJobRequest, context: Any) -> job_pb2.GetJobResponse:
        """Give one, with its results."""
        sequence = self._hub.position
        job = await self._jobs.get(JobName.parse(request.name))
        return job_pb2.GetJobResponse(job=job_message(job, cases=True), sequence=sequence)

    async def ListJobs(self, request: job_pb2.ListJobsRequest, context: Any) -> job_pb2.ListJobsResponse:
        """Give some."""
        sequence = self._hub.position
        _, tenant, _, environment = request.parent.split("/")
        query = Query(request.page_size, request.page_token, request.filter, request.order_by)
        page = await self._jobs.list(tenant, "" if environment == "-" else environment, query)
        return job_pb2.ListJobsResponse(
            jobs=[job_message(job, cases=False) for job in page.items],
            next_page_token=page.next_page_token,
            sequence=sequence,
        )

    async def CancelJob(self, request: job_pb2.CancelJobRequest, context: Any) -> job_pb2.CancelJobResponse:
        """Ask for the end of one."""
        job = await self._jobs.cancel(JobName.parse(request.name))
        return job_pb2.CancelJobResponse(job=job_message(job, cases=True))

    async def StreamJobLogs(
        self, request: job_pb2.StreamJobLogsRequest, context: Any
    ) -> AsyncIterator[job_pb2.StreamJobLogsResponse]:
        """Stream what one prints."""
        name = JobName.parse(request.name)
        async for offset, piece in self._jobs.log(name, request.offset, request.follow):
            yield job_pb2.StreamJobLogsResponse(data=piece, offset=offset)

    async def DownloadArtifact(
        self, request: job_pb2.DownloadArtifactRequest, context: Any
    ) -> AsyncIterator[job_pb2.DownloadArtifactResponse]:
        """Stream a file that one left."""
        async for piece in self._jobs.artifact(JobName.parse(request.name), request.path):
            yield job_pb2.DownloadArtifactResponse(data=piece)
