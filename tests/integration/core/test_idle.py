"""A stream on which nothing happens for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from maestro.environment.v1 import job_pb2, job_pb2_grpc
from maestro_client import connect, connection
from maestro_core.auth.tokens import Authority
from maestro_core.rpc import server as server_module
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings

FASTER = 30  # gRPC pings once a second at most
SILENT_PINGS = 5  # the server's patience ends with the third that is too many


class Jobs(job_pb2_grpc.JobServiceServicer):
    """A job that is silent for some pings."""

    async def StreamJobLogs(
        self, request: job_pb2.StreamJobLogsRequest, context: object
    ) -> AsyncIterator[job_pb2.StreamJobLogsResponse]:
        yield job_pb2.StreamJobLogsResponse(data=b"first")
        await asyncio.sleep(SILENT_PINGS * connection._KEEPALIVE_MS / 1000)
        yield job_pb2.StreamJobLogsResponse(data=b"last")


async def test_the_clients_pings_are_not_too_many_for_the_server(
    settings: Settings, authority: Authority, token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((connection, "_KEEPALIVE_MS"), (server_module, "_LEAST_PING_INTERVAL_MS")):
        monkeypatch.setattr(module, name, getattr(module, name) // FASTER)
    service = Service(
        job_pb2.DESCRIPTOR.services_by_name["JobService"],
        job_pb2_grpc.add_JobServiceServicer_to_server,
        Jobs(),
    )
    async with (
        Server(settings, "environment", [service], gate=Gate(authority), checks={}) as server,
        connect(server.address, token("t1")) as maestro,
    ):
        request = job_pb2.StreamJobLogsRequest(name="tenants/t1/environments/e1/jobs/j1")
        seen = [piece.data async for piece in maestro.jobs.StreamJobLogs(request)]
    assert seen == [b"first", b"last"]
