"""Ports of this machine that lead to sockets of servers, which need no network of their own for that."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from maestro_environment.domain.ports import Streams

_PIECE = 2**16
_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def forward(folder: Path, name: str, wanted: int) -> AsyncIterator[int]:
    """A port of the loopback whose connections go to the unix socket `name` in a folder.

    It is the wanted one, or another where that is taken; zero wants none. A connection while nobody listens
    on the socket is closed at once.
    """
    clients: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients[writer] = asyncio.current_task()
        try:
            await _join(reader, writer, folder, name)
        finally:
            writer.close()
            del clients[writer]

    listener = await _listen(serve, wanted)
    try:
        yield int(listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        for writer in clients:
            writer.transport.abort()
        await asyncio.gather(*(task for task in clients.values() if task), return_exceptions=True)


async def connect(folder: Path, name: str) -> Streams:
    """A connection to the unix socket `name` in a folder. Raises OSError."""
    # By way of an open folder: the kernel takes 107 bytes for the path of a socket.
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{place}/{name}")
    finally:
        os.close(place)


async def _listen(serve: _Serve, wanted: int) -> asyncio.Server:
    try:
        return await asyncio.start_server(serve, "127.0.0.1", wanted)
    except OSError:
        return await asyncio.start_server(serve, "127.0.0.1", 0)


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, folder: Path, name: str) -> None:
    """Carry bytes both ways until both sides have said all, or one is gone."""
    try:
        there, back = await connect(folder, name)
    except OSError:
        return
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_carry(reader, back))
            both.create_task(_carry(there, writer))
    except* OSError:
        pass
    finally:
        back.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
