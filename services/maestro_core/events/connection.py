"""Connections to Redis or Valkey."""

from __future__ import annotations

from typing import TypeAlias, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

# Below the socket's timeout, or a quiet stream would look like a broken connection.
BLOCK_MS = 2000
_SOCKET_TIMEOUT = 5.0

# An entry that was trimmed away while it was pending has no fields.
Entries: TypeAlias = list[tuple[bytes, dict[bytes, bytes] | None]]


def connect(url: str) -> Redis:
    """A client that never repeats a command by itself: whoever sends it knows whether repeating is safe."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=_SOCKET_TIMEOUT,
        socket_connect_timeout=_SOCKET_TIMEOUT,
        protocol=2,
    )


def connect_for_blocking(url: str) -> Redis:
    """A client with one connection of its own, for reads that block."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=_SOCKET_TIMEOUT,
        socket_connect_timeout=_SOCKET_TIMEOUT,
        protocol=2,
        single_connection_client=True,
    )


def entries_of(answer: object) -> Entries:
    """The entries in an answer to a read of one stream; none where it timed out."""
    streams = cast("list[tuple[bytes, Entries]]", answer or [])
    return streams[0][1] if streams else []
