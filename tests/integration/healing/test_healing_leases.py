"""Who is at work on a healing is one process's at a time, whichever database keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

import maestro_healing.app
from maestro_core.settings import Settings
from maestro_core.store.database import Database
from maestro_healing.domain.errors import LeaseLost
from maestro_healing.domain.healing import Healing, HealingSpec, HealingState, Lease, Source
from maestro_healing.domain.model import Progress, Stage
from maestro_healing.store.healings import HealingStore
from maestro_healing.store.leases import LeaseStore
from maestro_healing.store.tables import METADATA

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEY = ("t1", "h")


@pytest.fixture
async def databases(database_url: str) -> AsyncIterator[list[Database]]:
    """One database, as two processes open it."""
    first, second = (Database(database_url, METADATA, "healing") for _ in range(2))
    async with first, second:
        yield [first, second]


@pytest.fixture
async def stores(databases: list[Database]) -> list[LeaseStore]:
    """Two processes' leases, and a healing that nobody is at work on."""
    healing = Healing(*KEY, HealingSpec(Source("/p")), "somebody", create_time=NOW, update_time=NOW)
    await HealingStore(databases[0]).create(healing)
    return [LeaseStore(database) for database in databases]


async def refused(work: Awaitable[object]) -> bool:
    """Whether the lease is said to be lost."""
    try:
        await work
    except LeaseLost:
        return True
    return False


def ended(healing: Healing) -> Healing:
    """Failed."""
    return healing.cancelled(NOW)


async def test_of_many_who_want_one_gets_it(stores: list[LeaseStore]) -> None:
    """However they come in each other's way."""
    wanted = [stores[number % 2].take(KEY, Lease(f"p{number}", NOW + SECOND), NOW) for number in range(16)]
    got = [healing for healing in await asyncio.gather(*wanted) if healing is not None]
    assert [(healing.state, healing.starts, healing.crashes) for healing in got] == [
        (HealingState.RUNNING, 1, 0)
    ]
    assert await stores[0].free(NOW) == []


async def test_what_has_expired_is_another_s(stores: list[LeaseStore], databases: list[Database]) -> None:
    """The first one can do nothing more with it, the second ends it, and there is one outcome."""
    one, other = stores
    assert await one.take(KEY, Lease("one", NOW + SECOND), NOW)
    assert await one.renew([KEY], Lease("one", NOW + 3 * SECOND)) == set()
    assert await other.take(KEY, Lease("other", NOW + 9 * SECOND), NOW + 2 * SECOND) is None
    assert [healing.id for healing in await other.free(NOW + 3 * SECOND)] == ["h"]
    taken = await other.take(KEY, Lease("other", NOW + 9 * SECOND), NOW + 3 * SECOND)
    assert taken is not None
    assert (taken.starts, taken.crashes) == (2, 1)
    assert await one.renew([KEY], Lease("one", NOW + 9 * SECOND)) == {KEY}
    assert await refused(one.tell(taken, "one", Progress(Stage.RUN, "")))
    assert await refused(one.advance(KEY, "one", ended))
    assert (await other.advance(KEY, "other", ended)).state is HealingState.CANCELLED
    assert await refused(other.advance(KEY, "other", ended))
    outbox = databases[0].tables.outbox
    count = select(func.count()).where(outbox.c.stream.endswith("results"))
    assert await databases[0].read(lambda on: on.execute(count).scalar_one()) == 1


async def test_what_was_handed_back_is_nobody_s_and_no_crash(stores: list[LeaseStore]) -> None:
    """Whoever comes next begins at once."""
    one, other = stores
    assert await one.take(KEY, Lease("one", NOW + 9 * SECOND), NOW)
    back = await one.advance(KEY, "one", lambda healing: healing.handed_back(NOW))
    assert back.state is HealingState.PENDING
    taken = await other.take(KEY, Lease("other", NOW + 9 * SECOND), NOW)
    assert taken is not None
    assert (taken.starts, taken.crashes) == (2, 0)


async def test_a_cancel_ends_the_lease(stores: list[LeaseStore], databases: list[Database]) -> None:
    """Whoever is at work learns it at the next word."""
    taken = await stores[0].take(KEY, Lease("one", NOW + SECOND), NOW)
    assert taken is not None
    await HealingStore(databases[1]).change(*KEY, ended)
    assert await refused(stores[0].tell(taken, "one", Progress(Stage.RUN, "")))
    assert await stores[1].take(KEY, Lease("other", NOW + 9 * SECOND), NOW + 5 * SECOND) is None
    assert await stores[1].free(NOW + 5 * SECOND) == []


async def test_what_ends_the_service_each_time_is_given_up(healing_settings: Settings) -> None:
    """After the third time, with a reason that says so."""
    now = datetime.now(UTC)
    healing = Healing(*KEY, HealingSpec(Source("/p")), "somebody", create_time=now, update_time=now)
    async with Database(healing_settings.database("healing"), METADATA, "healing") as database:
        store, leases = HealingStore(database), LeaseStore(database)
        await store.create(healing)
        for number in range(3):
            assert await leases.take(KEY, Lease(f"p{number}", now), now + number * SECOND)
        async with maestro_healing.app.build(healing_settings), asyncio.timeout(60):
            while not (found := await store.get(*KEY)).state.ended:
                await asyncio.sleep(0.05)
    assert found.failure is not None
    assert found.failure.reason == "INTERRUPTED"
