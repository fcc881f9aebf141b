"""The relay: every committed event is in its stream once and in order, whatever dies when."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from functools import partial
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy import func, select
from things import emit, eventually, opened, text_of

from maestro_core.events.connection import Entries, connect
from maestro_core.events.envelope import Event
from maestro_core.events.outbox import Outbox
from maestro_core.events.publisher import Publisher
from maestro_core.events.relay import Relay
from maestro_core.events.streams import K8S_JOBS, K8S_STATUS
from maestro_core.store.database import Database

WORKER = Path(__file__).with_name("relay_worker.py")


async def published(redis: Redis, stream: str) -> list[Event]:
    entries: Entries = await redis.xrange(stream)
    return [Event.from_fields(fields or {}) for _, fields in entries]


async def texts(redis: Redis, stream: str) -> list[str]:
    return [text_of(event.data) for event in await published(redis, stream)]


async def has(redis: Redis, stream: str, count: int) -> bool:
    return bool(await redis.xlen(stream) >= count)


async def has_id(redis: Redis, stream: str, entry_id: bytes) -> bool:
    return bool(await redis.xrange(stream, entry_id, entry_id))


async def test_events_come_in_order_with_their_numbers(database: Database, redis: Redis) -> None:
    await emit(database, K8S_STATUS, "before the relay")
    async with Relay(database, redis):
        await emit(database, K8S_STATUS, "a", "b", tenant="t2")
        await emit(database, K8S_JOBS, "c")
        await eventually(lambda: has(redis, K8S_STATUS, 3))
        await eventually(lambda: has(redis, K8S_JOBS, 1))
    events = await published(redis, K8S_STATUS)
    assert [(one.sequence, text_of(one.data), one.tenant) for one in events] == [
        (1, "before the relay", "t1"),
        (2, "a", "t2"),
        (3, "b", "t2"),
    ]
    assert events[0].type == "google.protobuf.StringValue"
    assert events[0].source == "/maestro/core"
    assert [entry_id for entry_id, _ in await redis.xrange(K8S_STATUS)] == [b"1-0", b"2-0", b"3-0"]


async def test_what_was_committed_last_is_published_at_the_stop(database: Database, redis: Redis) -> None:
    async with Relay(database, redis):
        await emit(database, K8S_STATUS, "last")
    assert await texts(redis, K8S_STATUS) == ["last"]


async def test_a_commit_wakes_the_relay(database: Database, redis: Redis) -> None:
    async with Relay(database, redis):
        await emit(database, K8S_STATUS, "first")
        await eventually(lambda: has(redis, K8S_STATUS, 1))
        started = time.perf_counter()
        for number in range(2, 12):
            await emit(database, K8S_STATUS, str(number))
            await eventually(partial(has, redis, K8S_STATUS, number))
    assert time.perf_counter() - started < 5, "it polls instead of waking"


async def test_replicas_publish_each_event_once(database_url: str, redis: Redis) -> None:
    async with opened(database_url) as (one, _), opened(database_url) as (two, _):
        async with Relay(one, redis), Relay(two, redis):
            for number in range(50):
                await asyncio.gather(emit(one, K8S_STATUS, f"a{number}"), emit(two, K8S_STATUS, f"b{number}"))
            await eventually(lambda: has(redis, K8S_STATUS, 100))
        found = await texts(redis, K8S_STATUS)
    assert sorted(found) == sorted([f"a{n}" for n in range(50)] + [f"b{n}" for n in range(50)])
    assert [one.sequence for one in await published(redis, K8S_STATUS)] == list(range(1, 101))


async def test_numbered_and_not_published_is_published_by_the_next(database: Database, redis: Redis) -> None:
    """As after a kill between the two steps."""
    await emit(database, K8S_STATUS, "a", "b")
    await emit(database, K8S_JOBS, "c")
    await Outbox(database).number([K8S_STATUS, K8S_JOBS])
    async with Relay(database, redis):
        await emit(database, K8S_STATUS, "d")
    assert await texts(redis, K8S_STATUS) == ["a", "b", "d"]
    assert await texts(redis, K8S_JOBS) == ["c"]


async def test_published_by_another_is_not_published_again(database: Database, redis: Redis) -> None:
    """As after a lock that was lost: both numbered the same, and one was faster."""
    publisher = Publisher(redis, database.schema)
    for stream in (K8S_STATUS, K8S_JOBS):
        await emit(database, stream, "a", "b")
    batch = await Outbox(database).number([K8S_STATUS, K8S_JOBS])
    for stream in (K8S_STATUS, K8S_JOBS):
        for _ in range(2):
            assert await publisher.append(stream, 0, batch.events[stream]) == 2
        assert await texts(redis, stream) == ["a", "b"]


async def test_a_redis_that_lost_its_entries_gets_them_back(database: Database, redis: Redis) -> None:
    async with Relay(database, redis):
        await emit(database, K8S_STATUS, "a", "b")
        await eventually(lambda: has(redis, K8S_STATUS, 2))
        await redis.flushdb()
        await emit(database, K8S_STATUS, "c")
        await eventually(lambda: has(redis, K8S_STATUS, 3))
    assert await texts(redis, K8S_STATUS) == ["a", "b", "c"]


async def test_a_stream_that_is_older_than_the_database_goes_on(database: Database, redis: Redis) -> None:
    await redis.xadd(K8S_STATUS, {"left": "by another life"}, id="500-0")
    async with Relay(database, redis):
        await emit(database, K8S_STATUS, "a")
        await eventually(lambda: has_id(redis, K8S_STATUS, b"501-0"))
    # the old entry may be trimmed by then
    assert {entry_id for entry_id, _ in await redis.xrange(K8S_STATUS)} <= {b"500-0", b"501-0"}


async def test_a_stranger_in_a_stream_of_ours_stops_nothing(database: Database, redis: Redis) -> None:
    async with Relay(database, redis):
        await emit(database, K8S_STATUS, "a")
        await eventually(lambda: has(redis, K8S_STATUS, 1))
        await redis.xadd(K8S_STATUS, {"what": "is this"})
        await emit(database, K8S_STATUS, "b", "c")
        await eventually(lambda: has(redis, K8S_STATUS, 4))
    entries = await redis.xrange(K8S_STATUS)
    assert [text_of(fields[b"data"]) for _, fields in entries if b"data" in fields] == ["a", "b", "c"]


async def test_a_redis_that_is_away_delays_and_loses_nothing(database: Database, redis: Redis) -> None:
    await emit(database, K8S_STATUS, "a")
    async with connect("redis://127.0.0.1:1") as away, Relay(database, away):
        await emit(database, K8S_STATUS, "b")
    async with Relay(database, redis):
        await eventually(lambda: has(redis, K8S_STATUS, 2))
    assert await texts(redis, K8S_STATUS) == ["a", "b"]


async def test_entries_on_command_streams_carry_a_token(database: Database, redis: Redis) -> None:
    async with Relay(database, redis, token_for=lambda tenant: f"token of {tenant}"):
        await emit(database, K8S_JOBS, "a")
        await emit(database, K8S_STATUS, "b")
    assert [fields.get(b"token") for _, fields in await redis.xrange(K8S_JOBS)] == [b"token of t1"]
    assert [fields.get(b"token") for _, fields in await redis.xrange(K8S_STATUS)] == [None]


async def test_kill_9_at_any_time_loses_nothing_and_doubles_nothing(
    database_url: str, redis_url: str, redis: Redis
) -> None:
    for _ in range(4):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, WORKER, database_url, redis_url, stdout=asyncio.subprocess.PIPE
        )
        assert worker.stdout is not None
        await worker.stdout.readline()
        target = await redis.xlen(K8S_STATUS) + 10
        await eventually(partial(has, redis, K8S_STATUS, target))
        await asyncio.sleep(random.uniform(0, 0.05))
        worker.kill()
        await worker.wait()
    async with opened(database_url) as (database, _):
        await emit(database, K8S_STATUS, "the end")
        await emit(database, K8S_JOBS, "the end")
        outbox = database.tables.outbox.c
        counted = select(outbox.stream, func.count()).group_by(outbox.stream)
        committed = await database.read(lambda on: {row[0]: row[1] for row in on.execute(counted)})
        async with Relay(database, redis):  # it waits for the lock of the one that was killed
            await eventually(lambda: has(redis, K8S_STATUS, committed[K8S_STATUS]))
            await eventually(lambda: has(redis, K8S_JOBS, committed[K8S_JOBS]))
    for stream in (K8S_STATUS, K8S_JOBS):
        events = await published(redis, stream)
        assert [one.sequence for one in events] == list(range(1, committed[stream] + 1))
        assert len({one.id for one in events}) == committed[stream]
        assert text_of(events[-1].data) == "the end"
