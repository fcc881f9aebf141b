"""Consumer groups: at least once, never stuck, never lost."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from things import cut_off, eventually

from maestro_core.events.consumer import Entry, GroupConsumer, Handler, Retry
from maestro_core.events.envelope import Malformed
from maestro_core.events.streams import K8S_JOBS, K8S_WORKERS, dead_letters
from maestro_core.events.trimming import trim


class Recorder:
    """Handles entries as it is told, and remembers them."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.raises: dict[str, Exception] = {}

    async def __call__(self, entry: Entry) -> None:
        name = entry.fields[b"n"].decode()
        self.seen.append((name, entry.deliveries))
        if name in self.raises:
            raise self.raises[name]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.seen]


def consumer(redis_url: str, handler: Handler, name: str = "one", **options: float) -> GroupConsumer:
    return GroupConsumer(
        redis_url,
        K8S_JOBS,
        K8S_WORKERS,
        name,
        handler,
        max_deliveries=3,
        first_retry=0.02,
        claim_after=options.get("claim_after", 60),
    )


async def add(redis: Redis, *names: str) -> None:
    for name in names:
        await redis.xadd(K8S_JOBS, {"n": name})


async def pending(redis: Redis) -> int:
    return int((await redis.xpending(K8S_JOBS, K8S_WORKERS))["pending"])


async def settled(redis: Redis) -> bool:
    """Whether everything was read and acknowledged."""
    groups = await redis.xinfo_groups(K8S_JOBS)
    return bool(groups) and groups[0]["lag"] == 0 and groups[0]["pending"] == 0


async def test_entries_are_handled_in_order_and_acknowledged(redis_url: str, redis: Redis) -> None:
    recorder = Recorder()
    await add(redis, "written before there was a group")
    async with consumer(redis_url, recorder):
        await add(redis, "a", "b")
        await eventually(lambda: settled(redis))
    assert recorder.seen == [("written before there was a group", 1), ("a", 1), ("b", 1)]


async def test_what_can_never_be_handled_is_set_aside_at_once(redis_url: str, redis: Redis) -> None:
    recorder = Recorder()
    recorder.raises["bad"] = Malformed("what is this", reason="NONSENSE")
    async with consumer(redis_url, recorder):
        await add(redis, "bad", "good")
        await eventually(lambda: settled(redis))
    assert recorder.names == ["bad", "good"]
    [(_, letter)] = await redis.xrange(dead_letters(K8S_JOBS))
    assert letter[b"n"] == b"bad"
    assert (letter[b"dead_reason"], letter[b"dead_message"]) == (b"NONSENSE", b"what is this")


async def test_what_fails_is_tried_again_and_set_aside_in_the_end(redis_url: str, redis: Redis) -> None:
    recorder = Recorder()
    recorder.raises["weary"] = Retry("the database is away")
    async with consumer(redis_url, recorder):
        await add(redis, "weary", "good")
        await eventually(lambda: settled(redis))
    assert [delivery for name, delivery in recorder.seen if name == "weary"] == [1, 2, 3]
    assert recorder.names.count("good") == 1
    [(_, letter)] = await redis.xrange(dead_letters(K8S_JOBS))
    assert letter[b"dead_reason"] == b"RETRIES_EXHAUSTED"


async def test_an_error_of_the_handler_itself_does_not_stop_the_group(redis_url: str, redis: Redis) -> None:
    recorder = Recorder()
    recorder.raises["bug"] = ZeroDivisionError()
    async with consumer(redis_url, recorder):
        await add(redis, "bug", "good")
        await eventually(lambda: settled(redis))
    assert recorder.names.count("bug") == 3
    assert recorder.names.count("good") == 1
    assert await redis.xlen(dead_letters(K8S_JOBS)) == 1


async def test_what_fails_once_is_handled_later(redis_url: str, redis: Redis) -> None:
    recorder = Recorder()

    async def fails_once(entry: Entry) -> None:
        recorder.raises = {"a": Retry("not now")} if not recorder.seen else {}
        await recorder(entry)

    async with consumer(redis_url, fails_once):
        await add(redis, "a")
        await eventually(lambda: settled(redis))
    assert recorder.seen == [("a", 1), ("a", 2)]
    assert await redis.xlen(dead_letters(K8S_JOBS)) == 0


async def test_after_a_crash_the_same_consumer_finishes_first_what_it_had(
    redis_url: str, redis: Redis
) -> None:
    await redis.xgroup_create(K8S_JOBS, K8S_WORKERS, id="0", mkstream=True)
    await add(redis, "had")
    await redis.xreadgroup(K8S_WORKERS, "one", {K8S_JOBS: ">"})  # and then it died
    await add(redis, "new")
    recorder = Recorder()
    async with consumer(redis_url, recorder):
        await eventually(lambda: settled(redis))
    assert recorder.names == ["had", "new"]


async def test_what_a_dead_consumer_had_is_taken_over(redis_url: str, redis: Redis) -> None:
    await redis.xgroup_create(K8S_JOBS, K8S_WORKERS, id="0", mkstream=True)
    await add(redis, "had")
    await redis.xreadgroup(K8S_WORKERS, "dead", {K8S_JOBS: ">"})
    recorder = Recorder()
    async with consumer(redis_url, recorder, claim_after=0.2):
        await eventually(lambda: settled(redis))
    assert recorder.names == ["had"]


async def test_a_stop_is_quick_and_strands_nothing(redis_url: str, redis: Redis) -> None:
    working = asyncio.Event()
    finished: list[str] = []

    async def slow(entry: Entry) -> None:
        working.set()
        await asyncio.sleep(0.1)
        finished.append(entry.fields[b"n"].decode())

    await add(redis, "a", "b", "c")
    async with consumer(redis_url, slow):
        await working.wait()
    assert finished == ["a"], "the entry at hand is finished, the others wait"
    assert await pending(redis) == 2
    recorder = Recorder()
    async with consumer(redis_url, recorder):
        await eventually(lambda: settled(redis))
        started = time.monotonic()
    assert time.monotonic() - started < 1.5, "an idle consumer stops at once"
    assert recorder.names == ["b", "c"]


async def test_a_handler_that_hangs_is_given_up(redis_url: str, redis: Redis) -> None:
    async def hangs(entry: Entry) -> None:
        if entry.deliveries == 1:
            await asyncio.sleep(60)

    async with consumer(redis_url, hangs, claim_after=0.1):
        await add(redis, "a")
        await eventually(lambda: settled(redis))


async def test_an_entry_that_was_trimmed_while_pending_is_let_go(redis_url: str, redis: Redis) -> None:
    await redis.xgroup_create(K8S_JOBS, K8S_WORKERS, id="0", mkstream=True)
    await add(redis, "gone", "there")
    await redis.xreadgroup(K8S_WORKERS, "one", {K8S_JOBS: ">"})
    await redis.xtrim(K8S_JOBS, maxlen=1, approximate=False)
    recorder = Recorder()
    async with consumer(redis_url, recorder):
        await eventually(lambda: settled(redis))
    assert recorder.names == ["there"]


async def test_a_redis_that_comes_back_is_read_again(redis_url: str, redis: Redis) -> None:
    recorder = Recorder()
    async with consumer(redis_url, recorder):
        await add(redis, "a")
        await eventually(lambda: settled(redis))
        await cut_off(redis)
        await redis.delete(K8S_JOBS)  # and its group with it
        await add(redis, "b")
        await eventually(lambda: settled(redis))
    assert recorder.names == ["a", "b"]


@pytest.fixture
async def exact(redis: Redis) -> None:
    """Redis trims whole nodes of a stream; with one entry in each, that is exact. The server stays so."""
    await redis.config_set("stream-node-max-entries", 1)


async def names(redis: Redis) -> list[bytes]:
    return [fields[b"n"] for _, fields in await redis.xrange(K8S_JOBS)]


@pytest.mark.usefixtures("exact")
async def test_trimming_spares_what_a_group_needs(redis: Redis) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await redis.xgroup_create(K8S_JOBS, K8S_WORKERS, id="0", mkstream=True)
    await add(redis, "done", "pending", "read", "unread")
    [[_, entries]] = await redis.xreadgroup(K8S_WORKERS, "one", {K8S_JOBS: ">"}, count=3)
    await redis.xack(K8S_JOBS, K8S_WORKERS, entries[0][0], entries[2][0])
    await trim(redis, K8S_JOBS, tomorrow, 0, max_length=10)
    assert await names(redis) == [b"pending", b"read", b"unread"]
    await redis.xack(K8S_JOBS, K8S_WORKERS, entries[1][0])
    await trim(redis, K8S_JOBS, tomorrow, 0, max_length=1)
    assert await names(redis) == [b"unread"]


@pytest.mark.usefixtures("exact")
async def test_a_stream_is_trimmed_by_age_and_by_length(redis: Redis) -> None:
    oldest = datetime.now(UTC) - timedelta(days=7)
    await redis.xadd(K8S_JOBS, {"n": "old"}, id=f"{int(oldest.timestamp() * 1000) - 1}-0")
    await add(redis, "a", "b", "c")
    await trim(redis, K8S_JOBS, oldest, 0, max_length=100)
    assert await names(redis) == [b"a", b"b", b"c"]
    await trim(redis, K8S_JOBS, oldest, 0, max_length=2)
    assert await names(redis) == [b"b", b"c"]


async def test_each_entry_goes_to_one_of_the_group(redis_url: str, redis: Redis) -> None:
    both = Recorder()
    async with consumer(redis_url, both, "one"), consumer(redis_url, both, "other"):
        await add(redis, *(str(number) for number in range(20)))
        await eventually(lambda: settled(redis))
    assert sorted(both.names) == sorted(str(number) for number in range(20))
