"""What every backend promises about connections into an environment."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from place import Place

from maestro_environment.domain.environment import Environment, ServiceKind
from maestro_environment.domain.job import NetworkAccess

pytestmark = pytest.mark.asyncio(loop_scope="session")

_ECHO = """
import socket, sys
listener = socket.create_server((sys.argv[1], 0), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    while piece := connection.recv(65536):
        connection.sendall(piece)
    connection.sendall(b"bye")
    connection.close()
"""


@asynccontextmanager
async def echo(
    place: Place, environment: Environment, address: str = "127.0.0.1", **spec: object
) -> AsyncIterator[int]:
    """A job that gives back what it hears, and then says goodbye; its port."""
    job = place.job(environment, sys.executable, "-c", _ECHO, address, **spec)
    running = asyncio.create_task(place.backend.run_job(environment, job))
    try:
        while not (said := await place.log(job)).endswith("\n"):
            done, _ = await asyncio.wait([running], timeout=0.01)
            assert not done
        yield int(said)
    finally:
        await place.backend.cancel_job(job.name)
        await running


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
async def test_a_connection_to_a_job_carries_bytes_both_ways(place: Place, address: str) -> None:
    environment = await place.environment()
    async with echo(place, environment, address) as port:
        streams = await place.backend.connect(environment, port)
        assert streams is not None
        reader, writer = streams
        said = bytes(range(256)) * 4096
        writer.write(said)
        assert await reader.readexactly(len(said)) == said
        writer.write_eof()
        assert await reader.read() == b"bye"
        writer.close()
    assert await place.backend.connect(environment, port) is None


async def test_a_job_on_the_network_of_the_host_is_reached_too(place: Place) -> None:
    environment = await place.environment()
    async with echo(place, environment, network=NetworkAccess.HOST) as port:
        streams = await place.backend.connect(environment, port)
        assert streams is not None
        streams[1].write_eof()
        assert await streams[0].read() == b"bye"
        streams[1].close()


async def test_the_end_of_a_job_ends_its_connections(place: Place) -> None:
    environment = await place.environment()
    async with echo(place, environment) as port:
        streams = await place.backend.connect(environment, port)
        assert streams is not None
        streams[1].write(b"x")
        assert await streams[0].readexactly(1) == b"x"
    with suppress(ConnectionResetError):
        assert await streams[0].read() == b""
    streams[1].close()


async def test_a_service_is_reached_by_its_usual_port(place: Place) -> None:
    environment = await place.environment(ServiceKind.REDIS)
    streams = await place.backend.connect(environment, 6379)
    assert streams is not None
    streams[1].write(b"PING\r\n")
    assert (await streams[0].readline()).startswith(b"-NOAUTH")
    await place.backend.terminate(environment.name)
    assert await streams[0].read() == b""
    streams[1].close()


async def test_ports_of_others_are_not_reached(place: Place) -> None:
    environment, other = await place.environment(), await place.environment()
    listener = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with listener, echo(place, other) as theirs:
        ours = listener.sockets[0].getsockname()[1]
        assert await place.backend.connect(environment, ours) is None
        assert await place.backend.connect(environment, theirs) is None
    assert await place.backend.connect(environment, 5432) is None
