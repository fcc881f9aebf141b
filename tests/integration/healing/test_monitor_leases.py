"""A monitor is one process's at a time, and its deletion ends what is done for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from maestro.environment.v1 import environment_pb2
from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_core.clock import SystemClock
from maestro_core.errors import NotFound
from maestro_core.events.streams import AUTOMATION_ERRORS
from maestro_core.store.database import Database
from maestro_healing.domain.errors import LeaseLost
from maestro_healing.domain.healing import HealingSpec, HealingState, Lease, Source
from maestro_healing.domain.monitor import Checked, ErrorKind, FoundError, Look, Monitor, Seen
from maestro_healing.store.healings import HealingStore
from maestro_healing.store.monitor_leases import MonitorLeaseStore
from maestro_healing.store.monitors import MonitorStore
from maestro_healing.store.tables import METADATA

from .conftest import Caller, git
from .monitoring import create, reaches

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEY = ("t1", "m")
MONITOR = Monitor(*KEY, HealingSpec(Source("/p")), "somebody", NOW, 60, (ErrorKind.TEST,), NOW, heal=True)
FOUND = Look("r", Seen((Checked(ErrorKind.TEST, (FoundError(ErrorKind.TEST, "test_a", "E"),)),)))


@pytest.fixture
async def databases(database_url: str) -> AsyncIterator[list[Database]]:
    """One database, as two processes open it."""
    first, second = (Database(database_url, METADATA, "healing") for _ in range(2))
    async with first, second:
        yield [first, second]


@pytest.fixture
async def stores(databases: list[Database]) -> list[MonitorLeaseStore]:
    """Two processes' leases, and a monitor that is due."""
    await MonitorStore(databases[0], SystemClock()).create(MONITOR, 1)
    return [MonitorLeaseStore(database, SystemClock()) for database in databases]


async def told(database: Database) -> int:
    """How many errors wait to be published, or were."""
    outbox = database.tables.outbox
    count = select(func.count()).where(outbox.c.stream == AUTOMATION_ERRORS)
    return await database.read(lambda on: on.execute(count).scalar_one())


async def test_of_many_who_want_one_gets_it_and_an_expired_one_is_another_s(
    stores: list[MonitorLeaseStore], databases: list[Database]
) -> None:
    """Who stood still meanwhile can note nothing, and each error is told once."""
    one, other = stores
    wanted = [stores[number % 2].take(KEY, Lease(f"p{number}", NOW + SECOND), NOW) for number in range(12)]
    taken = await asyncio.gather(*wanted)
    (holder,) = [f"p{number}" for number, got in enumerate(taken) if got is not None]
    assert await one.free(NOW) == []
    later = NOW + 2 * SECOND
    assert [monitor.id for monitor in await other.free(later)] == ["m"]
    again = await other.take(KEY, Lease("other", later + SECOND), later)
    assert again is not None
    assert again.crashes == 1
    assert await one.renew([KEY], Lease(holder, later + SECOND)) == {KEY}
    with pytest.raises(LeaseLost):
        await one.publish(KEY, holder, FOUND)
    assert await told(databases[0]) == 0
    await other.publish(KEY, "other", FOUND)
    with pytest.raises(LeaseLost):
        await other.publish(KEY, "other", FOUND)
    assert await other.take(KEY, Lease("next", later + 9 * SECOND), later) is not None
    await other.publish(KEY, "next", replace(FOUND, revision="s"))
    assert await told(databases[0]) == 1
    monitor = await MonitorStore(databases[1], SystemClock()).get(*KEY)
    assert (monitor.last_revision, monitor.crashes, len(monitor.heals)) == ("s", 0, 1)


async def test_a_healing_that_ended_makes_its_monitor_due(
    stores: list[MonitorLeaseStore], databases: list[Database]
) -> None:
    """Though no look is; and no more once it is settled."""
    monitors, leases = MonitorStore(databases[0], SystemClock()), stores[0]
    heal = MONITOR.heal_of("r", ("test_a",))
    healing = MONITOR.healing_of(heal, NOW, 0)
    asked = [monitors.ask(MONITOR, heal, healing) for _ in range(4)]
    assert {one.id for one in await asyncio.gather(*asked)} == {healing.id}
    assert await leases.take(KEY, Lease("p", NOW + SECOND), NOW) is not None
    await leases.end(KEY, "p", lambda old: replace(old, next_look=NOW + 9 * SECOND))
    assert await leases.free(NOW) == []
    await HealingStore(databases[1]).change(*healing.key, lambda old: old.cancelled(NOW))
    (due,) = await leases.free(NOW)
    ((mine, ended),) = await leases.ended(due, NOW)
    assert (mine, ended.state) == (heal, HealingState.CANCELLED)
    assert await leases.take(KEY, Lease("p", NOW + SECOND), NOW) is not None
    await leases.end(KEY, "p", lambda old: old.asking_for(replace(heal, outcome="over")))
    assert await leases.free(NOW) == []


async def test_what_is_deleted_is_nobody_s(
    stores: list[MonitorLeaseStore], databases: list[Database]
) -> None:
    """Whoever is at work learns it at the next word; one of the same name knows nothing of it."""
    monitors = MonitorStore(databases[1], SystemClock())
    assert await stores[0].take(KEY, Lease("p", NOW + SECOND), NOW) is not None
    await monitors.delete(*KEY)
    with pytest.raises(LeaseLost):
        await stores[0].publish(KEY, "p", FOUND)
    with pytest.raises(NotFound):
        await monitors.ask(MONITOR, heal := MONITOR.heal_of("r", ("a",)), MONITOR.healing_of(heal, NOW, 0))
    assert await stores[0].take(KEY, Lease("q", NOW + SECOND), NOW) is None
    await monitors.create(MONITOR, 1)
    assert await stores[0].take(KEY, Lease("p", NOW + SECOND), NOW) is not None
    await stores[0].publish(KEY, "p", FOUND)
    assert await told(databases[0]) == 1


@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_a_deletion_ends_a_look_and_a_healing(caller: Caller, hanging: Path, renamed: Path) -> None:
    """At once; no environment, and so no job of theirs is left, and no branch is made."""
    look = await create(caller, id="look", path=str(hanging))
    listing = environment_pb2.ListEnvironmentsRequest(parent=caller.parent)
    async with asyncio.timeout(60):
        while not (await caller.maestro.environments.ListEnvironments(listing)).environments:
            await asyncio.sleep(0.05)
    heal = await create(caller, id="heal", path=str(renamed), heal=True, base_revision="HEAD~1")
    asked = await reaches(caller, heal.name, lambda now: bool(now.healings))
    name = asked.healings[0].healing
    everything = healing_pb2.ListHealingsRequest(parent=caller.parent)
    async with asyncio.timeout(60):
        while not (await caller.maestro.healing.ListHealings(everything)).healings:
            await asyncio.sleep(0.02)
    for monitor in (look, heal):
        await caller.maestro.monitors.DeleteMonitor(monitor_pb2.DeleteMonitorRequest(name=monitor.name))
    assert (await caller.get(name)).state == healing_pb2.HEALING_STATE_CANCELLED
    await caller.cleaned_up()
    assert git(renamed, "for-each-ref", "refs/heads/maestro") == ""
