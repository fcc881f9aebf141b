"""Live subscriptions: one reader for each stream and process feeds every subscriber."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self, cast

from redis.exceptions import RedisError, ResponseError

from maestro_core.auth.tokens import Authority
from maestro_core.errors import OutOfRange, ResourceExhausted, Unauthenticated, Unavailable
from maestro_core.events.connection import BLOCK_MS, Entries, connect, connect_for_blocking, entries_of
from maestro_core.events.envelope import Event, Malformed
from maestro_core.events.streams import entry_id_of, is_command_stream, number_of
from maestro_core.logs import get_logger

_log = get_logger(__name__)

_PAGE = 500
_CANCEL_SECONDS = 0.05
Match = Callable[[Event], bool]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Nothing happened up to `sequence` that was not delivered."""

    sequence: int


class _Subscriber:
    """What waits for one subscription. `last` is the number after which it wants events."""

    def __init__(self, tenant: str, match: Match | None, last: int) -> None:
        self.tenant = tenant
        self.match = match
        self.last = last
        self.waiting: deque[Event] = deque()
        self.ready = asyncio.Event()
        self.cut_off = False

    def wants(self, event: Event) -> bool:
        return (
            event.tenant == self.tenant
            and event.sequence > self.last
            and (self.match is None or self.match(event))
        )


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a stream holds: its last number ever, its first one now, and whether older ones were removed."""

    top: int
    first: int | None
    trimmed: bool


class Hub:
    """Reads one stream and hands each event to the subscribers of its tenant."""

    def __init__(
        self,
        redis_url: str,
        stream: str,
        *,
        bookmark_interval: float = 15,
        window: int = 4096,
        max_waiting: int = 1000,
        authority: Authority | None = None,
    ) -> None:
        """`window` events are kept for subscribers that come back; with `max_waiting` waiting one is cut.

        On a command stream, to which anybody writes, `authority` says from an entry's token whose it is.
        """
        self.position = 0
        self._stream = stream
        self._bookmark_interval = bookmark_interval
        self._max_waiting = max_waiting
        self._authority = authority
        self._redis = connect(redis_url)
        self._reading = connect_for_blocking(redis_url)
        self._window: deque[Event] = deque(maxlen=window)
        self._window_after = 0  # the window holds everything above this number
        self._subscribers: dict[str, set[_Subscriber]] = {}
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.position = self._window_after = (await self._bounds()).top
        self._task = asyncio.create_task(self._run(), name=f"hub-{self._stream}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        for subscriber in [one for several in self._subscribers.values() for one in several]:
            subscriber.ready.set()
        # A plain read, unlike a group's, may be cancelled. The client swallows a cancellation while it sends.
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_CANCEL_SECONDS)
        await self._reading.aclose()
        await self._redis.aclose()

    @property
    def subscribers(self) -> int:
        """How many subscriptions are live."""
        return sum(len(group) for group in self._subscribers.values())

    async def subscribe(
        self, tenant: str, resume_token: int | None, match: Match | None = None
    ) -> AsyncGenerator[Event | Bookmark]:
        """Events of a tenant after `resume_token`, or from now on; first and while idle a bookmark.

        Raises OutOfRange (RESUME_TOKEN_EXPIRED) where events after the token are gone, ResourceExhausted
        (SLOW_SUBSCRIBER) where too many wait, and Unavailable (STOPPING) at a stop; each of the last two with
        `resume_token` in its metadata.
        """
        last = self.position if resume_token is None else resume_token
        await self._refuse_expired(last)
        yield Bookmark(last)
        while last < (reached := self.position):
            before = last
            async for event in self._replay(last):
                last = event.sequence
                if event.tenant == tenant and (match is None or match(event)):
                    yield event
            if last == before:  # all of it was trimmed away meanwhile
                last = reached
        # Nothing is awaited between the comparison above and here: the reader cannot have come between.
        subscriber = _Subscriber(tenant, match, last)
        self._subscribers.setdefault(tenant, set()).add(subscriber)
        try:
            async for item in self._live(subscriber):
                yield item
        finally:
            self._leave(subscriber)

    async def _live(self, subscriber: _Subscriber) -> AsyncIterator[Event | Bookmark]:
        while True:
            while subscriber.waiting and not subscriber.cut_off:
                event = subscriber.waiting.popleft()
                yield event
                subscriber.last = event.sequence
            metadata = {"resume_token": str(subscriber.last)}
            if subscriber.cut_off:
                raise ResourceExhausted(
                    "This subscriber is too slow.", reason="SLOW_SUBSCRIBER", metadata=metadata, retry_after=1
                )
            if self._stopping:
                raise Unavailable("The service stops.", reason="STOPPING", metadata=metadata, retry_after=1)
            subscriber.ready.clear()
            try:
                async with asyncio.timeout(self._bookmark_interval):
                    await subscriber.ready.wait()
            except TimeoutError:
                if not subscriber.waiting:
                    subscriber.last = max(subscriber.last, self.position)
                    yield Bookmark(subscriber.last)

    async def _replay(self, last: int) -> AsyncIterator[Event]:
        """The next events after `last`: out of the window, or a page out of the stream."""
        if last >= self._window_after:
            for event in [event for event in self._window if event.sequence > last]:
                yield event
            return
        start = f"({entry_id_of(self._stream, last)}"
        try:
            entries = await self._redis.xrange(self._stream, min=start, max="+", count=_PAGE)
        except (RedisError, OSError) as error:
            raise Unavailable(
                "The event store does not answer.",
                reason="REDIS_UNAVAILABLE",
                metadata={"resume_token": str(last)},
                retry_after=1,
            ) from error
        for entry_id, fields in cast("Entries", entries):
            yield await self._read(entry_id.decode(), fields or {})

    def _leave(self, subscriber: _Subscriber) -> None:
        group = self._subscribers.get(subscriber.tenant)
        if group is not None:
            group.discard(subscriber)
            if not group:
                del self._subscribers[subscriber.tenant]

    async def _read(self, entry_id: str, fields: Mapping[bytes, bytes]) -> Event:
        """An entry with its number. One that is no event, or nobody's, becomes an event of no tenant."""
        number = number_of(self._stream, entry_id)
        try:
            event = Event.from_fields(fields)
            if self._authority is None or not is_command_stream(self._stream):
                return replace(event, sequence=number)
            written_at = int(entry_id.partition("-")[0]) / 1000
            principal = await self._authority.verify(fields.get(b"token", b"").decode(), at=written_at)
            return replace(event, sequence=number, tenant=principal.tenant)
        except (Malformed, Unauthenticated) as error:
            _log.debug("an entry that no watcher sees", stream=self._stream, entry=entry_id, error=str(error))
            return Event("", "", "", "", datetime.min, tenant="", data=b"", sequence=number)

    async def _bounds(self) -> _Bounds:
        try:
            info = await self._redis.xinfo_stream(self._stream)
        except ResponseError:  # there is no such stream yet
            return _Bounds(top=0, first=None, trimmed=False)
        first = info["first-entry"]
        return _Bounds(
            top=number_of(self._stream, info["last-generated-id"].decode()),
            first=number_of(self._stream, first[0].decode()) if first else None,
            trimmed=info["entries-added"] > info["length"],
        )

    async def _refuse_expired(self, last: int) -> None:
        if self._window_after <= last <= self.position:
            return
        try:
            bounds = await self._bounds()
        except (RedisError, OSError) as error:
            raise Unavailable(
                "The event store does not answer.", reason="REDIS_UNAVAILABLE", retry_after=1
            ) from error
        following = bounds.first if bounds.first is not None else bounds.top + 1
        # Numbers of our own have no holes, so a hole is a loss; Redis' own ids have holes everywhere.
        lost = following > last + 1 and (bounds.trimmed or not is_command_stream(self._stream))
        if lost or last > bounds.top:
            raise OutOfRange(
                "Events after this resume token are gone: list again, then watch.",
                reason="RESUME_TOKEN_EXPIRED",
                metadata={"oldest": str(following - 1)},
            )

    async def _run(self) -> None:
        while True:
            try:
                answer = await self._reading.xread(
                    {self._stream: entry_id_of(self._stream, self.position)}, count=_PAGE, block=BLOCK_MS
                )
            except (RedisError, OSError) as error:
                _log.warning("the stream cannot be read", stream=self._stream, error=repr(error))
                await asyncio.sleep(0.2)
                continue
            for entry_id, fields in entries_of(answer):
                self._dispatch(await self._read(entry_id.decode(), fields or {}))

    def _dispatch(self, event: Event) -> None:
        if len(self._window) == self._window.maxlen:
            self._window_after = self._window[0].sequence
        self._window.append(event)
        self.position = event.sequence
        for subscriber in tuple(self._subscribers.get(event.tenant, ())):
            if not subscriber.wants(event):
                continue
            if len(subscriber.waiting) >= self._max_waiting:
                subscriber.cut_off = True
                self._leave(subscriber)
            else:
                subscriber.waiting.append(event)
            subscriber.ready.set()
