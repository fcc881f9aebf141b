"""A whole Environment service for each test, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import grpc
import pytest
from environment_client import Client

from maestro.environment.v1 import environment_pb2_grpc, job_pb2_grpc
from maestro_core.settings import Settings
from maestro_environment.app import build
from tests.channels import channel


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[str]:
    """Where a running service listens."""
    async with build(settings) as server, server:
        yield server.address


@pytest.fixture
async def connect(
    address: str, token: Callable[..., str], settings: Settings
) -> AsyncIterator[Callable[..., Client]]:
    """Makes clients of tenants."""
    channels: list[grpc.aio.Channel] = []

    def make(tenant: str = "t1", *roles: object) -> Client:
        bearer = token(tenant, *roles)
        opened = channel(address, lambda: bearer, settings)
        channels.append(opened)
        return Client(
            environment_pb2_grpc.EnvironmentServiceStub(opened), job_pb2_grpc.JobServiceStub(opened), tenant
        )

    yield make
    for opened in channels:
        await opened.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    """A client of one tenant."""
    return connect()
