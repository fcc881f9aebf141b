"""Taking old entries out of streams: acknowledging frees no memory, this does."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from redis.asyncio import Redis

from maestro_core.events.connection import Entries
from maestro_core.events.streams import entry_id_of, is_command_stream

_EntryId = tuple[int, int]
_MOST_AT_ONCE = 10_000


async def trim(redis: Redis, stream: str, oldest: datetime, oldest_number: int, max_length: int) -> None:
    """Remove entries that are older than `oldest`, or beyond `max_length`; never one that a group needs.

    On a stream of our own `oldest_number`, the first number that the outbox keeps, stands for the age.
    """
    if is_command_stream(stream):
        floor = (int(oldest.timestamp() * 1000), 0)
    else:
        floor = _parse(entry_id_of(stream, oldest_number))
    excess = min(await redis.xlen(stream) - max_length, _MOST_AT_ONCE)
    if excess > 0:
        entries = cast("Entries", await redis.xrange(stream, count=excess + 1))
        floor = max(floor, _parse(entries[-1][0].decode()))
    for needed in await _needed_by_groups(redis, stream):
        floor = min(floor, needed)
    await redis.xtrim(stream, minid=f"{floor[0]}-{floor[1]}", approximate=True)


async def _needed_by_groups(redis: Redis, stream: str) -> list[_EntryId]:
    """For each group, the oldest entry that it has not acknowledged or not seen."""
    needed: list[_EntryId] = []
    for group in await redis.xinfo_groups(stream):
        major, minor = _parse(group["last-delivered-id"].decode())
        needed.append((major, minor + 1))
        if group["pending"]:
            summary = await redis.xpending(stream, group["name"])
            needed.append(_parse(summary["min"].decode()))
    return needed


def _parse(entry_id: str) -> _EntryId:
    major, _, minor = entry_id.partition("-")
    return int(major), int(minor or 0)
