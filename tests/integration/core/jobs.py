"""A small service of real contracts, whose RPCs have all four shapes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from grpc.aio import ServicerContext
from things import CODEC, Thing

from maestro.environment.v1 import environment_pb2, environment_pb2_grpc, job_pb2, job_pb2_grpc
from maestro_core.context import current_principal, remaining
from maestro_core.errors import NotFound, Unavailable
from maestro_core.events.hub import Bookmark, Hub
from maestro_core.events.streams import K8S_STATUS
from maestro_core.rpc.server import Service
from maestro_core.store.database import Database
from maestro_core.store.records import Records
from maestro_core.store.transaction import Transaction

PARENT = "tenants/t1/environments/e1"


@dataclass
class Seen:
    """What the handlers saw."""

    remaining: list[float | None] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Jobs(job_pb2_grpc.JobServiceServicer):
    """Jobs that say by their id how to behave."""

    def __init__(self, database: Database, records: Records[Thing], seen: Seen) -> None:
        self._database = database
        self._records = records
        self._seen = seen
        self.failures: list[Exception] = []

    async def UploadWorkspace(
        self, request_iterator: AsyncIterator[job_pb2.UploadWorkspaceRequest], context: ServicerContext
    ) -> job_pb2.UploadWorkspaceResponse:
        size = 0
        async for request in request_iterator:
            size += len(request.data)
        return job_pb2.UploadWorkspaceResponse(workspace=job_pb2.Workspace(size_bytes=size))

    async def CreateJob(
        self, request: job_pb2.CreateJobRequest, context: ServicerContext | None
    ) -> job_pb2.CreateJobResponse:
        if self.failures:
            raise self.failures.pop(0)
        tenant = current_principal().tenant

        def work(transaction: Transaction) -> Thing:
            thing = Thing(request.job_id)
            stored = self._records.insert(transaction.connection, tenant, request.job_id, thing)
            job = job_pb2.Job(name=f"{request.parent}/jobs/{request.job_id}")
            transaction.emit(K8S_STATUS, job, tenant=tenant, subject=job.name)
            return stored

        thing = await self._database.mutate(work, CODEC)
        return job_pb2.CreateJobResponse(
            job=job_pb2.Job(name=f"{request.parent}/jobs/{thing.id}", etag=thing.etag)
        )

    async def GetJob(
        self, request: job_pb2.GetJobRequest, context: ServicerContext
    ) -> job_pb2.GetJobResponse:
        self._seen.remaining.append(remaining())
        match request.name.rpartition("/")[2]:
            case "slow":
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    self._seen.cancelled.set()
                    raise
            case "buggy":
                raise ZeroDivisionError("the secret is 42")
            case "away":
                raise Unavailable("The backend is away.", reason="BACKEND_AWAY", retry_after=1.5)
            case "missing":
                raise NotFound("No such job.", reason="JOB_NOT_FOUND", metadata={"job": "missing"})
        return job_pb2.GetJobResponse(job=job_pb2.Job(name=request.name))

    async def StreamJobLogs(
        self, request: job_pb2.StreamJobLogsRequest, context: ServicerContext
    ) -> AsyncIterator[job_pb2.StreamJobLogsResponse]:
        try:
            for number in range(1000):
                if request.name.endswith("buggy") and number == 2:
                    raise ZeroDivisionError
                yield job_pb2.StreamJobLogsResponse(data=b"x" * 65536, offset=number)
        finally:
            self._seen.ended.set()


class Environments(environment_pb2_grpc.EnvironmentServiceServicer):
    """Watches, and a tunnel that echoes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def WatchEnvironments(
        self, request: environment_pb2.WatchEnvironmentsRequest, context: ServicerContext
    ) -> AsyncIterator[environment_pb2.WatchEnvironmentsResponse]:
        token = request.resume_token if request.HasField("resume_token") else None
        async with aclosing(self._hub.subscribe(current_principal().tenant, token)) as events:
            async for event in events:
                response = environment_pb2.WatchEnvironmentsResponse(sequence=event.sequence)
                if not isinstance(event, Bookmark):
                    response.job.ParseFromString(event.data)
                yield response

    async def OpenTunnel(
        self,
        request_iterator: AsyncIterator[environment_pb2.OpenTunnelRequest],
        context: ServicerContext,
    ) -> AsyncIterator[environment_pb2.OpenTunnelResponse]:
        async for request in request_iterator:
            yield environment_pb2.OpenTunnelResponse(data=request.data)


def services(jobs: Jobs, environments: Environments) -> list[Service]:
    return [
        Service(
            job_pb2.DESCRIPTOR.services_by_name["JobService"],
            job_pb2_grpc.add_JobServiceServicer_to_server,
            jobs,
        ),
        Service(
            environment_pb2.DESCRIPTOR.services_by_name["EnvironmentService"],
            environment_pb2_grpc.add_EnvironmentServiceServicer_to_server,
            environments,
        ),
    ]


def create(job_id: str, request_id: str = "", parent: str = PARENT) -> job_pb2.CreateJobRequest:
    return job_pb2.CreateJobRequest(
        parent=parent, job_id=job_id, request_id=request_id, spec=job_pb2.JobSpec(command=["true"])
    )
