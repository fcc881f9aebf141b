"""A service that calls another: who calls, in which trace, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor

from maestro.environment.v1 import job_pb2, job_pb2_grpc
from maestro.healing.v1 import healing_pb2, healing_pb2_grpc
from maestro_client import Endpoints, Maestro, connect
from maestro_core.auth.tokens import Authority
from maestro_core.context import current_principal, current_trace, remaining
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings
from tests.channels import channel

JOB = "tenants/t1/environments/e1/jobs/j1"
JOBS: ServiceDescriptor = job_pb2.DESCRIPTOR.services_by_name["JobService"]
HEALINGS: ServiceDescriptor = healing_pb2.DESCRIPTOR.services_by_name["HealingService"]


@dataclass
class Behind(job_pb2_grpc.JobServiceServicer):
    """The service that is called by another."""

    seen: dict[str, object] = field(default_factory=dict)

    async def GetJob(
        self, request: job_pb2.GetJobRequest, context: grpc.aio.ServicerContext
    ) -> job_pb2.GetJobResponse:
        self.seen = {"who": current_principal().subject, "trace": current_trace(), "remaining": remaining()}
        return job_pb2.GetJobResponse(job=job_pb2.Job(name=request.name))


@dataclass
class Front(healing_pb2_grpc.HealingServiceServicer):
    """A service that needs it, and gives its own call as long as it may."""

    peer: Maestro

    async def ListStrategies(
        self, request: healing_pb2.ListStrategiesRequest, context: grpc.aio.ServicerContext
    ) -> healing_pb2.ListStrategiesResponse:
        await self.peer.jobs.GetJob(job_pb2.GetJobRequest(name=JOB), timeout=20)
        return healing_pb2.ListStrategiesResponse()


@asynccontextmanager
async def calling(settings: Settings, authority: Authority, behind: Behind) -> AsyncIterator[Maestro]:
    service = Service(JOBS, job_pb2_grpc.add_JobServiceServicer_to_server, behind)
    async with (
        Server(settings, "environment", [service], gate=Gate(authority), checks={}) as server,
        connect(
            Endpoints.at(server.address),
            lambda: authority.for_tenant("t1", "healing"),
            trace=current_trace,
            remaining=remaining,
        ) as peer,
    ):
        yield peer


async def test_a_call_on_anothers_behalf_has_its_trace_and_what_is_left_of_its_time(
    settings: Settings, authority: Authority
) -> None:
    behind = Behind()
    trace = "00-" + "c" * 32 + "-" + "d" * 16 + "-01"
    request = healing_pb2.ListStrategiesRequest(parent="tenants/t1")
    async with calling(settings, authority, behind) as peer:
        service = Service(HEALINGS, healing_pb2_grpc.add_HealingServiceServicer_to_server, Front(peer))
        async with (
            Server(settings, "healing", [service], gate=Gate(authority), checks={}) as server,
            channel(server.address, lambda: authority.for_tenant("t1", "caller"), settings) as opened,
        ):
            front = healing_pb2_grpc.HealingServiceStub(opened)
            await front.ListStrategies(request, timeout=5, metadata=(("traceparent", trace),))
    assert behind.seen["trace"] == trace
    assert "healing" in str(behind.seen["who"])
    assert behind.seen["remaining"] == pytest.approx(5, abs=2)  # gRPC rounds up


async def test_a_call_on_nobodys_behalf_has_its_own_trace_and_time(
    settings: Settings, authority: Authority
) -> None:
    behind = Behind()
    async with calling(settings, authority, behind) as peer:
        await peer.jobs.GetJob(job_pb2.GetJobRequest(name=JOB), timeout=20)
    assert behind.seen["trace"]
    assert behind.seen["remaining"] == pytest.approx(20, abs=5)
