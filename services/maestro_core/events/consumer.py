"""A member of a consumer group: each entry is handled at least once, or set aside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias, cast

from redis.exceptions import RedisError, ResponseError
from redis.typing import EncodableT, FieldT

from maestro_core.events.connection import BLOCK_MS, Entries, connect, connect_for_blocking, entries_of
from maestro_core.events.envelope import Malformed
from maestro_core.events.streams import dead_letters
from maestro_core.logs import get_logger

_log = get_logger(__name__)

_COUNT = 16
_UNBLOCK_SECONDS = 0.1
_SLOWEST_RETRY = 60.0
_SCANNED_ALL = b"0-0"
_Fields: TypeAlias = "dict[FieldT, EncodableT]"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was delivered: `deliveries` counts this one, `last` says that there will be no other."""

    id: str
    fields: Mapping[bytes, bytes]
    deliveries: int
    last: bool

    @property
    def written_at(self) -> float:
        """When Redis took it, in seconds since the epoch."""
        return int(self.id.partition("-")[0]) / 1000


class Retry(Exception):
    """The entry may be handled later: what it needs is away for now."""


Handler = Callable[[Entry], Awaitable[None]]


class GroupConsumer:
    """Reads a stream for a group, and acknowledges an entry once its handler has returned.

    A handler raises Malformed for what nobody can ever handle, and Retry for what can be tried again. An
    entry that came back `max_deliveries` times, or is malformed, goes to `<stream>:dead` with the reason.
    After a crash a consumer of the same name first finishes what it had; what a dead one left is taken over
    after `claim_after` seconds, which is also how long a handler has.
    """

    def __init__(
        self,
        redis_url: str,
        stream: str,
        group: str,
        consumer: str,
        handler: Handler,
        *,
        max_deliveries: int = 8,
        claim_after: float = 60,
        first_retry: float = 0.5,
    ) -> None:
        self._redis = connect(redis_url)
        self._reading = connect_for_blocking(redis_url)
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._handler = handler
        self._max_deliveries = max_deliveries
        self._claim_after = claim_after
        self._first_retry = first_retry
        self._retry_at: float | None = None
        self._claimed_at = 0.0
        self._stopping = asyncio.Event()
        self._client_id: int | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"consumer-{self._stream}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the entry at hand and stop. No read is cancelled: that would strand what it just got."""
        self._stopping.set()
        while self._task is not None and not self._task.done():
            await self._wake_read()
            await asyncio.wait([self._task], timeout=_UNBLOCK_SECONDS)
        await self._reading.aclose()
        await self._redis.aclose()

    async def _wake_read(self) -> None:
        if self._client_id is None:
            return
        try:
            await self._redis.client_unblock(self._client_id)
        except RedisError as error:
            _log.debug("a blocked read ends by itself", error=repr(error))

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._join_group()
                await self._handle_own_pending()
                while not self._stopping.is_set():
                    await self._step()
            except (RedisError, OSError) as error:
                _log.warning("the stream cannot be read", stream=self._stream, error=repr(error))
                self._client_id = None
                await self._pause(0.5)

    async def _step(self) -> None:
        now = time.monotonic()
        if self._retry_at is not None and now >= self._retry_at:
            await self._handle_own_pending()
        elif now - self._claimed_at >= self._claim_after / 2:
            self._claimed_at = now
            await self._take_over()
        else:
            await self._handle_new()

    async def _join_group(self) -> None:
        try:
            await self._redis.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        self._client_id = await self._reading.client_id()

    async def _handle_new(self) -> None:
        block = BLOCK_MS
        if self._retry_at is not None:
            block = max(1, min(block, int((self._retry_at - time.monotonic()) * 1000)))
        answer = await self._reading.xreadgroup(
            self._group, self._consumer, {self._stream: ">"}, count=_COUNT, block=block
        )
        for entry_id, fields in entries_of(answer):
            await self._handle(entry_id.decode(), fields or {}, 1)

    async def _handle_own_pending(self) -> None:
        self._retry_at = None
        after = "0"
        while True:
            answer = await self._redis.xreadgroup(
                self._group, self._consumer, {self._stream: after}, count=_COUNT
            )
            entries = entries_of(answer)
            if not entries:
                return
            for entry_id, fields in entries:
                await self._handle_again(entry_id, fields)
            after = entries[-1][0].decode()

    async def _take_over(self) -> None:
        start = _SCANNED_ALL
        while True:
            answer = await self._redis.xautoclaim(
                self._stream,
                self._group,
                self._consumer,
                min_idle_time=int(self._claim_after * 1000),
                start_id=start,
                count=_COUNT,
            )
            start, entries = cast("tuple[bytes, Entries]", tuple(answer[:2]))
            for entry_id, fields in entries:
                await self._handle_again(entry_id, fields)
            if start == _SCANNED_ALL:
                return

    async def _handle_again(self, entry_id: bytes, fields: Mapping[bytes, bytes] | None) -> None:
        if not fields:  # it was trimmed away while it was pending
            await self._redis.xack(self._stream, self._group, entry_id)
            return
        pending = await self._redis.xpending_range(self._stream, self._group, entry_id, entry_id, 1)
        if pending:
            await self._handle(entry_id.decode(), fields, int(pending[0]["times_delivered"]))

    async def _handle(self, entry_id: str, fields: Mapping[bytes, bytes], deliveries: int) -> None:
        if self._stopping.is_set():
            return  # it stays pending, and is the first thing after the next start
        entry = Entry(entry_id, fields, deliveries, last=deliveries >= self._max_deliveries)
        try:
            async with asyncio.timeout(self._claim_after):
                await self._handler(entry)
        except Malformed as error:
            await self._set_aside(entry, error.reason, str(error))
        except (Retry, TimeoutError) as error:
            await self._try_later(entry, str(error) or "it took too long")
        except Exception as error:  # one entry must not stop the group
            _log.error("unforeseen error", stream=self._stream, entry=entry_id, exc_info=error)
            await self._try_later(entry, repr(error))
        else:
            await self._redis.xack(self._stream, self._group, entry_id)

    async def _try_later(self, entry: Entry, why: str) -> None:
        if entry.last:
            await self._set_aside(entry, "RETRIES_EXHAUSTED", why)
            return
        due = time.monotonic() + min(self._first_retry * 2 ** (entry.deliveries - 1), _SLOWEST_RETRY)
        self._retry_at = due if self._retry_at is None else min(due, self._retry_at)
        _log.warning("an entry is tried again", stream=self._stream, entry=entry.id, error=why)

    async def _set_aside(self, entry: Entry, reason: str, message: str) -> None:
        _log.error("dead letter", stream=self._stream, entry=entry.id, reason=reason, error=message)
        letter: _Fields = dict(entry.fields.items())
        letter["dead_reason"], letter["dead_message"], letter["dead_entry"] = reason, message, entry.id
        async with self._redis.pipeline(transaction=True) as both:
            both.xadd(dead_letters(self._stream), letter)
            both.xack(self._stream, self._group, entry.id)
            await both.execute()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
