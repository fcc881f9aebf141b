"""Subscriptions: without gap, without double, and never at another's cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis
from things import cut_off, emit, eventually, text_of

from maestro_core.auth.tokens import Authority
from maestro_core.errors import OutOfRange, ResourceExhausted, Unavailable
from maestro_core.events.envelope import Event
from maestro_core.events.hub import Bookmark, Hub
from maestro_core.events.relay import Relay
from maestro_core.events.streams import AUTOMATION_ERRORS, K8S_STATUS
from maestro_core.store.database import Database

Subscription = AsyncIterator[Event | Bookmark]


@pytest.fixture
async def relay(database: Database, redis: Redis) -> AsyncIterator[Relay]:
    async with Relay(database, redis) as running:
        yield running


@pytest.fixture
async def hub(redis_url: str, relay: Relay) -> AsyncIterator[Hub]:
    async with Hub(redis_url, K8S_STATUS, bookmark_interval=0.1) as running:
        yield running


async def take(subscription: Subscription, count: int) -> list[str]:
    """The texts of the next events; bookmarks are passed over."""
    found: list[str] = []
    async with asyncio.timeout(30):
        async for item in subscription:
            if isinstance(item, Event):
                found.append(text_of(item.data))
                if len(found) == count:
                    break
    return found


async def reached(hub: Hub, number: int) -> None:
    async def there() -> bool:
        return hub.position >= number

    await eventually(there)


async def test_from_now_on(database: Database, hub: Hub) -> None:
    await emit(database, K8S_STATUS, "before")
    await reached(hub, 1)
    async with aclosing(hub.subscribe("t1", None)) as subscription:
        assert await anext(subscription) == Bookmark(1)
        await emit(database, K8S_STATUS, "a", "b")
        assert await take(subscription, 2) == ["a", "b"]


@pytest.mark.parametrize("window", [1, 2, 4096])
async def test_resuming_gives_what_came_after_whatever_the_window(
    window: int, database: Database, relay: Relay, redis_url: str
) -> None:
    async with Hub(redis_url, K8S_STATUS, window=window) as hub:
        await emit(database, K8S_STATUS, "1", "2", "3", "4")
        await reached(hub, 4)
        for token in range(5):
            async with aclosing(hub.subscribe("t1", token)) as subscription:
                await emit(database, K8S_STATUS, "new")
                expected = [str(number) for number in range(token + 1, 5)] + ["new"] * (token + 1)
                assert await take(subscription, len(expected)) == expected


async def test_a_hub_that_starts_later_replays_from_the_stream(
    database: Database, relay: Relay, redis: Redis, redis_url: str
) -> None:
    for number in range(1200):  # more than a page
        await redis.xadd(
            K8S_STATUS,
            Event(str(number), "s", "t", "", datetime.now(UTC), "t1", b"\n\x01x").to_fields(),
            id=f"{number + 1}-0",
        )
    async with Hub(redis_url, K8S_STATUS) as hub, aclosing(hub.subscribe("t1", 0)) as subscription:
        assert len(await take(subscription, 1200)) == 1200


async def test_no_event_crosses_tenants(database: Database, hub: Hub) -> None:
    async with aclosing(hub.subscribe("t1", 0)) as ours, aclosing(hub.subscribe("t2", 0)) as theirs:
        await anext(ours)
        await anext(theirs)
        for number in range(3):
            await emit(database, K8S_STATUS, f"ours {number}", tenant="t1")
            await emit(database, K8S_STATUS, f"theirs {number}", tenant="t2")
        assert await take(ours, 3) == ["ours 0", "ours 1", "ours 2"]
        assert await take(theirs, 3) == ["theirs 0", "theirs 1", "theirs 2"]
    async with aclosing(hub.subscribe("t1", 0)) as replayed:
        assert await take(replayed, 3) == ["ours 0", "ours 1", "ours 2"]


async def test_a_match_narrows(database: Database, hub: Hub) -> None:
    async with aclosing(hub.subscribe("t1", 0, lambda event: text_of(event.data) > "b")) as subscription:
        await anext(subscription)
        await emit(database, K8S_STATUS, "a", "c", "b", "d")
        assert await take(subscription, 2) == ["c", "d"]


async def test_an_idle_stream_sends_bookmarks_that_move_on(database: Database, hub: Hub) -> None:
    async with aclosing(hub.subscribe("t1", None)) as subscription:
        assert await anext(subscription) == Bookmark(0)
        await emit(database, K8S_STATUS, "not for us", tenant="t2")
        await reached(hub, 1)
        async with asyncio.timeout(30):
            assert await anext(subscription) == Bookmark(1)


async def test_a_position_lets_list_then_watch_miss_nothing(database: Database, hub: Hub) -> None:
    position = hub.position
    await emit(database, K8S_STATUS, "between")
    async with aclosing(hub.subscribe("t1", position)) as subscription:
        assert await take(subscription, 1) == ["between"]


async def test_a_token_whose_successors_are_gone_has_expired(
    database: Database, relay: Relay, redis: Redis, redis_url: str
) -> None:
    await emit(database, K8S_STATUS, "1", "2", "3", "4")

    async def four() -> bool:
        return bool(await redis.xlen(K8S_STATUS) == 4)

    await eventually(four)
    await redis.xtrim(K8S_STATUS, minid="3-0", approximate=False)
    async with Hub(redis_url, K8S_STATUS) as hub:
        for token in (0, 1, 5, 10**12):
            async with aclosing(hub.subscribe("t1", token)) as subscription:
                with pytest.raises(OutOfRange) as caught:
                    await anext(subscription)
            assert caught.value.reason == "RESUME_TOKEN_EXPIRED"
        async with aclosing(hub.subscribe("t1", 2)) as subscription:
            assert await take(subscription, 2) == ["3", "4"]


async def test_a_slow_subscriber_is_cut_off_and_slows_nobody(
    database: Database, relay: Relay, redis_url: str
) -> None:
    async with Hub(redis_url, K8S_STATUS, max_waiting=5) as hub:
        async with aclosing(hub.subscribe("t1", 0)) as slow, aclosing(hub.subscribe("t1", 0)) as quick:
            await anext(slow)
            await anext(quick)
            await emit(database, K8S_STATUS, "0")
            assert await take(slow, 1) == ["0"]
            assert await take(quick, 1) == ["0"]
            for number in range(1, 10):
                await emit(database, K8S_STATUS, str(number))
                assert await take(quick, 1) == [str(number)]
            with pytest.raises(ResourceExhausted) as caught:
                await take(slow, 9)
        assert caught.value.reason == "SLOW_SUBSCRIBER"
        token = int(caught.value.metadata["resume_token"])
        async with aclosing(hub.subscribe("t1", token)) as resumed:
            assert (await take(resumed, 10 - token))[-1] == "9"


async def test_a_stop_ends_subscriptions_with_their_token(
    database: Database, relay: Relay, redis_url: str
) -> None:
    async with Hub(redis_url, K8S_STATUS) as hub:
        subscription = hub.subscribe("t1", 0)
        await anext(subscription)
        await emit(database, K8S_STATUS, "a")
        assert await take(subscription, 1) == ["a"]
        waiting = asyncio.ensure_future(anext(subscription))
        await asyncio.sleep(0)
    with pytest.raises(Unavailable) as caught:
        await waiting
    assert caught.value.metadata == {"resume_token": "1"}


async def test_nobody_is_left_when_subscribers_leave(database: Database, hub: Hub) -> None:
    for _ in range(3):
        async with aclosing(hub.subscribe("t1", None)) as subscription:
            await anext(subscription)
            await emit(database, K8S_STATUS, "a")
            await take(subscription, 1)
    assert hub.subscribers == 0


async def test_a_redis_that_went_away_for_a_moment_costs_nothing(
    database: Database, hub: Hub, redis: Redis
) -> None:
    async with aclosing(hub.subscribe("t1", 0)) as subscription:
        await anext(subscription)
        await emit(database, K8S_STATUS, "a")
        assert await take(subscription, 1) == ["a"]
        await cut_off(redis)
        await emit(database, K8S_STATUS, "b")
        assert await take(subscription, 1) == ["b"]


async def test_on_a_command_stream_the_token_says_whose_an_entry_is(
    redis: Redis, redis_url: str, authority: Authority
) -> None:
    """Anybody writes there, and may lie in the tenant field."""
    lie = Event("1", "/out", "t", "", datetime.now(UTC), "t1", b"\n\x03lie").to_fields()
    await redis.xadd(AUTOMATION_ERRORS, lie)
    await redis.xadd(AUTOMATION_ERRORS, {**lie, "token": authority.for_tenant("t2")})
    await redis.xadd(AUTOMATION_ERRORS, {"what": "is this"})
    true = Event("2", "/out", "t", "", datetime.now(UTC), "t9", b"\n\x04true").to_fields()
    await redis.xadd(AUTOMATION_ERRORS, {**true, "token": authority.for_tenant("t1")})
    async with Hub(redis_url, AUTOMATION_ERRORS, authority=authority) as hub:
        async with aclosing(hub.subscribe("t1", 0)) as ours, aclosing(hub.subscribe("t2", 0)) as theirs:
            assert await take(ours, 1) == ["true"]
            assert await take(theirs, 1) == ["lie"]
        token = hub.position
        await redis.xadd(AUTOMATION_ERRORS, {**true, "token": authority.for_tenant("t1")})
        async with aclosing(hub.subscribe("t1", token)) as resumed:
            assert await take(resumed, 1) == ["true"]
