"""Carries events from a database's outbox to their streams."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from maestro_core.errors import DomainError
from maestro_core.events.outbox import Outbox
from maestro_core.events.publisher import Publisher
from maestro_core.events.trimming import trim
from maestro_core.logs import get_logger
from maestro_core.store.database import Database

_LOCK_SECONDS = 1.0
# How long events can lie where the process that wrote them died before it published them.
_SWEEP_SECONDS = 1.0
_HOUSEKEEPING_SECONDS = 60.0
_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

_log = get_logger(__name__)


class Relay:
    """Publishes each event once and in order, at once after its commit.

    Replicas on one database take turns by a lock in Redis. The lock saves work; that nothing is published
    twice or out of order rests on the numbers alone (`Publisher`), so a lost lock or a kill at any point
    does no harm: what has a number and is not in the stream is published by whoever comes next. A Redis
    that lost its newest entries gets them back from the outbox.
    """

    def __init__(
        self,
        database: Database,
        redis: Redis,
        *,
        token_for: Callable[[str], str] | None = None,
        retention: float = 7 * 86400,
        max_length: int = 1_000_000,
    ) -> None:
        """`retention` is in seconds, `max_length` in entries of one stream."""
        self._database = database
        self._redis = redis
        self._outbox = Outbox(database)
        self._publisher = Publisher(redis, database.schema, token_for)
        self._retention = retention
        self._max_length = max_length
        self._lock = f"maestro:relay:{database.schema}"
        self._owner = secrets.token_hex(8)
        self._unlock = redis.register_script(_UNLOCK)
        self._wake = asyncio.Event()
        self._stopping = False
        self._tops: dict[str, int] = {}
        self._housekept = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._database.on_emit(self._wake.set)
        self._task = asyncio.create_task(self._run(), name=f"relay-{self._database.schema}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while True:
            stopping = self._stopping  # one more round then, for what was committed last
            self._wake.clear()
            try:
                if await self._take_lock():
                    try:
                        await self._publish_waiting()
                        await self._housekeep()
                    finally:
                        await self._unlock(keys=[self._lock], args=[self._owner])
                elif not stopping:
                    await asyncio.sleep(0.005)
                    self._wake.set()
            except (RedisError, OSError, DomainError, SQLAlchemyError) as error:
                self._tops.clear()  # what Redis holds is to be asked anew
                _log.warning("events wait in the outbox", error=repr(error))
                if not stopping:
                    await asyncio.sleep(0.2)
            if stopping:
                return
            try:
                async with asyncio.timeout(_SWEEP_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _take_lock(self) -> bool:
        return bool(await self._redis.set(self._lock, self._owner, nx=True, px=int(_LOCK_SECONDS * 1000)))

    async def _publish_waiting(self) -> None:
        if not self._tops:
            for stream in await self._outbox.streams():
                await self._catch_up(stream)
        while True:
            batch = await self._outbox.number(self._tops)
            for stream, events in batch.events.items():
                expected = self._tops[stream]
                last = events[-1].sequence
                follows = events[0].sequence == expected + 1
                if follows and await self._publisher.append(stream, expected, events) == last:
                    self._tops[stream] = last
                else:
                    await self._reconcile(stream, expected)
            for stream in batch.unknown_streams:
                await self._catch_up(stream)
            if not batch.more and not batch.unknown_streams:
                return
            await self._redis.pexpire(self._lock, int(_LOCK_SECONDS * 1000))

    async def _reconcile(self, stream: str, published: int) -> None:
        """Redis holds not what we left: a replica went on, entries were lost, or strangers wrote."""
        top = await self._publisher.top(stream)
        if top > await self._outbox.last_number(stream):
            _log.error(
                "another writer on a stream of ours: its numbers are jumped over", stream=stream, top=top
            )
            await self._outbox.renumber(stream, published, top)
        await self._catch_up(stream)

    async def _catch_up(self, stream: str) -> None:
        """Publish what has a number and is not in the stream."""
        top = await self._publisher.top(stream)
        if top > await self._outbox.last_number(stream):  # the stream is older than this database
            await self._outbox.renumber(stream, top, top)
        while events := await self._outbox.after(stream, top):
            top = await self._publisher.append(stream, top, events)
        self._tops[stream] = top

    async def _housekeep(self) -> None:
        if time.monotonic() - self._housekept < _HOUSEKEEPING_SECONDS:
            return
        self._housekept = time.monotonic()
        oldest = datetime.now(UTC) - timedelta(seconds=self._retention)
        await self._database.forget(oldest)
        for stream in self._tops:
            kept = await self._outbox.oldest_number(stream)
            await trim(self._redis, stream, oldest, kept, self._max_length)
