"""Ports of this machine that lead into an environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from maestro.environment.v1 import environment_pb2 as pb
from maestro_client.errors import MaestroError

if TYPE_CHECKING:  # the async stubs are a typing matter alone
    from maestro.environment.v1.environment_pb2_grpc import EnvironmentServiceAsyncStub

_PIECE = 2**16


@asynccontextmanager
async def tunnel(
    environments: EnvironmentServiceAsyncStub,
    environment: str,
    port: int,
    *,
    local_port: int = 0,
    failed: Callable[[MaestroError], None] = lambda _: None,
) -> AsyncIterator[int]:
    """A port of 127.0.0.1 whose connections go to a port inside an environment, for the length of a block.

    It is `local_port`, or a free one for zero. A connection that can't be made or breaks off is closed, and
    `failed` is told why. Raises OSError where the port can't be had.
    """
    clients: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        clients.add(task)
        try:
            await _carry(environments, pb.TunnelTarget(environment=environment, port=port), reader, writer)
        except MaestroError as error:
            failed(error)
        finally:
            writer.close()
            clients.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", local_port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


async def _carry(
    environments: EnvironmentServiceAsyncStub,
    target: pb.TunnelTarget,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Carry bytes both ways until the environment's side has said all. Raises MaestroError."""

    async def said() -> AsyncIterator[pb.OpenTunnelRequest]:
        yield pb.OpenTunnelRequest(target=target)
        with suppress(ConnectionError):
            while piece := await reader.read(_PIECE):
                yield pb.OpenTunnelRequest(data=piece)

    call = environments.OpenTunnel(said())
    try:
        with suppress(ConnectionError):  # whoever connected has gone
            async for answer in call:
                writer.write(answer.data)
                await writer.drain()
    finally:
        call.cancel()
