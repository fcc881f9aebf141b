"""Asking services whether they serve."""

from __future__ import annotations

import asyncio
import time

import grpc
from grpc_health.v1 import health_pb2

from maestro_cli.failure import CliError

_POLL = 0.05


async def status(
    endpoint: str, credentials: grpc.ChannelCredentials | None = None, *, timeout: float = 3.0
) -> str:
    """What a service says of its health: `SERVING`, `NOT_SERVING`, or the code of what went wrong."""
    channel = (
        grpc.aio.insecure_channel(endpoint)
        if credentials is None
        else grpc.aio.secure_channel(endpoint, credentials)
    )
    async with channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = await check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.aio.AioRpcError as error:
            return error.code().name
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


async def until_serving(
    endpoint: str, credentials: grpc.ChannelCredentials | None = None, *, patience: float = 60.0
) -> None:
    """Wait until a service serves. Raises CliError after `patience` seconds."""
    deadline = time.monotonic() + patience
    while (said := await status(endpoint, credentials)) != "SERVING":
        if time.monotonic() > deadline:
            raise CliError(
                f"{endpoint} does not serve after {patience:.0f} s ({said}).", "Its log may tell why."
            )
        await asyncio.sleep(_POLL)
