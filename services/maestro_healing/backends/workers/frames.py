"""What a service and its worker say to each other: JSON, and bytes beside it. Nothing in it is executable."""

from __future__ import annotations

import asyncio
import json
import struct
from pathlib import Path
from typing import Any

_LENGTHS = struct.Struct("!QQ")
_LONGEST = 2**31
_BYTES = "$bytes"


async def send(writer: asyncio.StreamWriter, value: object) -> None:
    """Say something, bytes and paths in it as they are. Raises OSError where nobody listens any more."""
    blobs: list[bytes] = []

    def put_beside(part: object) -> object:
        if isinstance(part, bytes):
            blobs.append(part)
            return {_BYTES: len(part)}
        if isinstance(part, Path):
            return str(part)
        raise TypeError(f"{type(part).__name__} can't be said")

    # Half a surrogate pair, as hostile tests print, would break whoever stores it.
    text = json.dumps(value, default=put_beside, ensure_ascii=False).encode("utf-8", "replace")
    length = sum(map(len, blobs))
    writer.write(b"".join([_LENGTHS.pack(len(text), length), text, *blobs]))
    await writer.drain()


async def receive(reader: asyncio.StreamReader) -> Any:
    """What is said next. Raises asyncio.IncompleteReadError or OSError where nobody is there any more."""
    text_length, length = _LENGTHS.unpack(await reader.readexactly(_LENGTHS.size))
    if text_length + length > _LONGEST:
        raise ValueError(f"a frame of {text_length + length} bytes")
    text, beside = await reader.readexactly(text_length), memoryview(await reader.readexactly(length))

    def take(part: dict[str, Any]) -> Any:
        nonlocal beside
        size = part.get(_BYTES)
        if len(part) != 1 or not isinstance(size, int):
            return part
        taken, beside = bytes(beside[:size]), beside[size:]
        return taken

    return json.loads(text, object_hook=take)
