"""OpenTunnel over gRPC, and by the client's port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import grpc
import psycopg
import pytest
from environment_client import Client
from google.rpc import error_details_pb2
from grpc_status.rpc_status import from_call

from maestro.environment.v1 import environment_pb2 as pb
from maestro_client import MaestroError, connect, tunnel
from maestro_core.identity import Role

_REDIS = 6379


def to(environment: str, port: int = _REDIS) -> pb.OpenTunnelRequest:
    """The first message of a tunnel."""
    return pb.OpenTunnelRequest(target=pb.TunnelTarget(environment=environment, port=port))


async def refusal(client: Client, messages: Iterable[pb.OpenTunnelRequest]) -> tuple[grpc.StatusCode, str]:
    """How a tunnel is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        async for _ in client.environments.OpenTunnel(iter(messages)):
            pass
    info = error_details_pb2.ErrorInfo()
    status = from_call(raised.value)
    assert status is not None
    assert any(entry.Unpack(info) for entry in status.details)
    return raised.value.code(), info.reason


async def test_bytes_go_both_ways_until_all_is_said(client: Client) -> None:
    environment = await client.environment((pb.SERVICE_KIND_REDIS,))
    password = environment.connections[0].uri.partition(":@")[0].rpartition("@")[0].rpartition(":")[2]
    said = [f"AUTH {password}\r\n", "SET k " + "v" * 60000 + "\r\n", "GET k\r\n", "QUIT\r\n"]
    messages = [to(environment.name), *(pb.OpenTunnelRequest(data=line.encode()) for line in said)]
    call = client.environments.OpenTunnel(iter(messages))
    heard = b"".join([answer.data async for answer in call])
    assert heard.startswith(b"+OK\r\n+OK\r\n$60000\r\nvvv")
    assert heard.endswith(b"vvv\r\n+OK\r\n")


async def test_who_may_not_is_refused_and_so_is_what_means_nothing(
    client: Client, connect: Callable[..., Client]
) -> None:
    environment = (await client.environment((pb.SERVICE_KIND_REDIS,))).name
    denied, invalid = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT
    closed = grpc.StatusCode.FAILED_PRECONDITION
    data = pb.OpenTunnelRequest(data=b"x")
    assert await refusal(connect("t2"), [to(environment)]) == (denied, "TENANT_MISMATCH")
    assert await refusal(connect("t1", Role.VIEWER), [to(environment)]) == (denied, "ROLE_MISSING")
    assert await refusal(client, []) == (invalid, "TARGET_MISSING")
    assert await refusal(client, [data]) == (invalid, "TARGET_MISSING")
    assert await refusal(client, [to(environment), to(environment)]) == (invalid, "TARGET_TWICE")
    assert await refusal(client, [to(environment, 0)]) == (invalid, "VALIDATION_FAILED")
    assert await refusal(client, [to(environment, 5432)]) == (closed, "PORT_CLOSED")
    missing = await refusal(client, [to("tenants/t1/environments/missing")])
    assert missing == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    await client.environments.DeleteEnvironment(pb.DeleteEnvironmentRequest(name=environment))
    assert await refusal(client, [to(environment)]) == (closed, "ENVIRONMENT_NOT_READY")


async def test_a_tunnel_ends_with_its_environment(client: Client) -> None:
    environment = (await client.environment((pb.SERVICE_KIND_REDIS,))).name
    ended = asyncio.Event()

    async def wait() -> AsyncIterator[pb.OpenTunnelRequest]:
        yield to(environment)
        yield pb.OpenTunnelRequest(data=b"PING\r\n")
        await ended.wait()

    call = client.environments.OpenTunnel(wait())
    answers = aiter(call)
    assert (await anext(answers)).data.startswith(b"-NOAUTH")
    await client.environments.DeleteEnvironment(pb.DeleteEnvironmentRequest(name=environment))
    assert [answer async for answer in answers] == []
    ended.set()


async def test_a_port_of_the_client_serves_a_database_driver(
    client: Client, address: str, token: Callable[..., str]
) -> None:
    environment = await client.environment((pb.SERVICE_KIND_POSTGRESQL,))
    (connection,) = environment.connections
    failures: list[MaestroError] = []
    async with (
        connect(address, token()) as maestro,
        tunnel(maestro.environments, environment.name, 5432, failed=failures.append) as port,
    ):
        parts = psycopg.conninfo.conninfo_to_dict(connection.uri)
        parts["port"] = port
        for _ in range(2):
            async with await psycopg.AsyncConnection.connect(**parts) as database:
                answer = await (await database.execute("SELECT repeat('x', 1000000)")).fetchone()
                assert answer == ("x" * 1_000_000,)
        assert failures == []
        async with tunnel(maestro.environments, environment.name, 1, failed=failures.append) as closed:
            reader, writer = await asyncio.open_connection("127.0.0.1", closed)
            assert await reader.read() == b""
            writer.close()
        assert [error.reason for error in failures] == ["PORT_CLOSED"]
