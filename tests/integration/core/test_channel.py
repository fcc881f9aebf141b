"""Calls from service to service: who calls, on whose behalf, for how long, and what an error becomes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor

from maestro.environment.v1 import job_pb2, job_pb2_grpc
from maestro.healing.v1 import healing_pb2, healing_pb2_grpc
from maestro_core.auth.tokens import Authority
from maestro_core.context import current_principal, current_trace, remaining
from maestro_core.errors import InvalidArgument, Unavailable
from maestro_core.rpc.channel import channel
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server, Service
from maestro_core.rpc.status import error_of
from maestro_core.settings import Settings

JOB = "tenants/t1/environments/e1/jobs/j1"
JOBS: ServiceDescriptor = job_pb2.DESCRIPTOR.services_by_name["JobService"]
HEALINGS: ServiceDescriptor = healing_pb2.DESCRIPTOR.services_by_name["HealingService"]


@dataclass
class Behind(job_pb2_grpc.JobServiceServicer):
    """The service that is called by another."""

    raises: Exception | None = None
    seen: dict[str, object] = field(default_factory=dict)

    async def GetJob(
        self, request: job_pb2.GetJobRequest, context: grpc.aio.ServicerContext
    ) -> job_pb2.GetJobResponse:
        self.seen = {"who": current_principal(), "trace": current_trace(), "remaining": remaining()}
        if self.raises is not None:
            raise self.raises
        return job_pb2.GetJobResponse(job=job_pb2.Job(name=request.name))


class Front(healing_pb2_grpc.HealingServiceServicer):
    """A service that needs it."""

    def __init__(self, jobs: job_pb2_grpc.JobServiceStub) -> None:
        self._jobs = jobs

    async def ListStrategies(
        self, request: healing_pb2.ListStrategiesRequest, context: grpc.aio.ServicerContext
    ) -> healing_pb2.ListStrategiesResponse:
        await self._jobs.GetJob(job_pb2.GetJobRequest(name=JOB))
        return healing_pb2.ListStrategiesResponse()


@asynccontextmanager
async def both(
    settings: Settings, authority: Authority, behind: Behind
) -> AsyncIterator[tuple[healing_pb2_grpc.HealingServiceStub, Server]]:
    gate = Gate(authority)

    def acting() -> str:
        return authority.for_tenant("t1", "healing")

    inner_service = Service(JOBS, job_pb2_grpc.add_JobServiceServicer_to_server, behind)
    async with (
        Server(settings, "environment", [inner_service], gate=gate, checks={}) as inner,
        channel(inner.address, acting, settings) as to_inner,
    ):
        front = Front(job_pb2_grpc.JobServiceStub(to_inner))
        outer_service = Service(HEALINGS, healing_pb2_grpc.add_HealingServiceServicer_to_server, front)
        async with (
            Server(settings, "healing", [outer_service], gate=gate, checks={}) as outer,
            channel(outer.address, lambda: authority.for_tenant("t1", "caller"), settings) as to_outer,
        ):
            yield healing_pb2_grpc.HealingServiceStub(to_outer), inner


def request() -> healing_pb2.ListStrategiesRequest:
    asked = healing_pb2.ListStrategiesRequest()
    if "parent" in asked.DESCRIPTOR.fields_by_name:
        asked.parent = "tenants/t1"
    return asked


async def test_token_trace_and_deadline_are_passed_on(settings: Settings, authority: Authority) -> None:
    behind = Behind()
    trace = "00-" + "c" * 32 + "-" + "d" * 16 + "-01"
    async with both(settings, authority, behind) as (front, _):
        await front.ListStrategies(request(), timeout=5)
        left = behind.seen["remaining"]
        assert isinstance(left, float)
        assert 3 < left <= 5
        assert str(behind.seen["who"]).count("healing") == 1
        await front.ListStrategies(request(), metadata=(("traceparent", trace),))
    assert behind.seen["trace"] == trace


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (InvalidArgument("bad", reason="BAD"), grpc.StatusCode.INVALID_ARGUMENT),
        (Unavailable("away", reason="AWAY", retry_after=2), grpc.StatusCode.UNAVAILABLE),
        (ZeroDivisionError(), grpc.StatusCode.INTERNAL),
    ],
)
async def test_a_peers_error_is_told_as_ours(
    raised: Exception, code: grpc.StatusCode, settings: Settings, authority: Authority
) -> None:
    async with both(settings, authority, Behind(raises=raised)) as (front, _):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await front.ListStrategies(request())
    assert caught.value.code() is code
    error = error_of(caught.value)
    if isinstance(raised, InvalidArgument | Unavailable):
        assert error is not None
        assert isinstance(error, type(raised))
        assert (error.reason, error.retry_after) == (raised.reason, raised.retry_after)
    else:
        assert error is None


async def test_a_peer_that_is_away_makes_the_call_unavailable(
    settings: Settings, authority: Authority
) -> None:
    async with both(settings, authority, Behind()) as (front, inner):
        await front.ListStrategies(request())
        await inner.__aexit__(None, None, None)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await front.ListStrategies(request())
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
