"""What is said between a service and its workers arrives as it was, or in a form that can be kept."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from maestro_healing.backends.workers import frames, said
from maestro_healing.domain.ports import RunRequest, Side


async def passed_on(value: object) -> Any:
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_connection(sock=ours)
    reader, other = await asyncio.open_connection(sock=theirs)
    try:
        sending = asyncio.create_task(frames.send(writer, value))
        received = await frames.receive(reader)
        await sending
        return received
    finally:
        writer.close()
        other.close()


async def test_bytes_of_any_kind_arrive() -> None:
    """Also where a file is called as the mark of bytes is."""
    overlay = {"a.py": b"\xff\0", "$bytes": b"", "big": b"x" * 3_000_000, "b.py": b"2"}
    request = RunRequest(Side.BASE, overlay, ("t[\u00e9]",), ("-x",), 1.5)
    assert said.RUN.read(await passed_on(said.RUN.frame(request, 7))) == request
    single = RunRequest(Side.HEAD, {"$bytes": b"12"})
    assert said.RUN.read(await passed_on(said.RUN.frame(single))) == single


async def test_what_is_no_unicode_arrives_as_something_that_is() -> None:
    """For it ends in databases and messages."""
    assert await passed_on({"a": "x\ud800y", "p": Path("/p")}) == {"a": "x?y", "p": "/p"}


async def test_a_length_beyond_all_measure_is_refused() -> None:
    """Before anything is read."""
    reader = asyncio.StreamReader()
    reader.feed_data((2**40).to_bytes(8) + bytes(8))
    with pytest.raises(ValueError, match="a frame of"):
        await frames.receive(reader)
