"""Implements `domain.usecases.monitor_ports.MonitorLeases`: who may write, each transaction decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from maestro_core.clock import Clock
from maestro_core.events.streams import AUTOMATION_ERRORS
from maestro_core.store.database import Database
from maestro_core.store.transaction import Transaction
from maestro_healing.domain.healing import Healing, Lease
from maestro_healing.domain.monitor import Heal, Look, Monitor, OpenErrors
from maestro_healing.domain.usecases.ports import Key
from maestro_healing.events.monitors import error_message
from maestro_healing.store.tables import HEALINGS, MONITOR_LEASES, MONITORS, OPEN_ERRORS

Change = Callable[[Monitor], Monitor]


class MonitorLeaseStore:
    """Runs units of work on a database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def free(self, now: datetime) -> Sequence[Monitor]:
        """Every tenant's of which something is due and that nobody is at work on, the longest due first."""

        def work(on: Connection) -> Sequence[Monitor]:
            held = MONITOR_LEASES.current(on, now)
            idle = [monitor for *key, monitor in MONITORS.scan(on) if tuple(key) not in held]
            due = [monitor for monitor in idle if monitor.next_look <= now or _ended(on, monitor, now)]
            return sorted(due, key=lambda monitor: monitor.next_look)

        return await self._database.read(work)

    async def take(self, key: Key, lease: Lease, now: datetime) -> Monitor | None:
        """Begin with one that is free; None where it is not."""

        def work(tx: Transaction) -> Monitor | None:
            before = MONITOR_LEASES.find(tx.connection, key)
            monitor = MONITORS.find(tx.connection, *key)
            if monitor is None or (before is not None and before.expires > now):
                return None
            MONITOR_LEASES.put(tx, key, lease)
            if before is None:
                return monitor
            return MONITORS.update(tx.connection, *key, replace(monitor, crashes=monitor.crashes + 1))

        return await self._database.write(work)

    async def renew(self, keys: Collection[Key], lease: Lease) -> Collection[Key]:
        """Hold what the lease's holder still holds for longer; gives what is no longer theirs."""
        return await self._database.write(lambda tx: MONITOR_LEASES.renew(tx, keys, lease))

    async def advance(self, key: Key, holder: str, change: Change) -> Monitor:
        """Change one for whoever holds it, who keeps it. Raises LeaseLost."""
        return await self._database.write(lambda tx: _changed(tx, key, holder, change))

    async def end(self, key: Key, holder: str, change: Change) -> None:
        """Change one for whoever holds it, who lets it go. Raises LeaseLost."""

        def work(tx: Transaction) -> None:
            _changed(tx, key, holder, change)
            MONITOR_LEASES.end(tx, key)

        await self._database.write(work)

    async def publish(self, key: Key, holder: str, look: Look) -> None:
        """Note a look and publish the errors that are new with it. Raises LeaseLost."""
        now = self._clock.now()

        def work(tx: Transaction) -> None:
            before = OPEN_ERRORS.find(tx.connection, *key)
            after, new = (before or OpenErrors()).after(look.seen)
            monitor = _changed(tx, key, holder, lambda old: old.looked(look, new, now))
            if before is None:
                OPEN_ERRORS.insert(tx.connection, *key, after)
            else:
                OPEN_ERRORS.update(tx.connection, *key, after)
            for error in new:
                message = error_message(monitor, error, look.revision)
                tx.emit(AUTOMATION_ERRORS, message, tenant=monitor.tenant, subject=monitor.name)
            MONITOR_LEASES.end(tx, key)

        await self._database.write(work)

    async def ended(self, monitor: Monitor, now: datetime) -> Sequence[tuple[Heal, Healing]]:
        """The healings that one asked for and that have ended, where their branches may be made now."""
        return await self._database.read(lambda on: _ended(on, monitor, now))


def _changed(tx: Transaction, key: Key, holder: str, change: Change) -> Monitor:
    MONITOR_LEASES.require(tx, key, holder)
    old = MONITORS.get(tx.connection, *key)
    new = change(old)
    return old if new == old else MONITORS.update(tx.connection, *key, new)


def _ended(on: Connection, monitor: Monitor, now: datetime) -> Sequence[tuple[Heal, Healing]]:
    due = [heal for heal in monitor.heals if heal.is_due(now)]
    found = [(heal, HEALINGS.find(on, monitor.tenant, heal.healing)) for heal in due]
    return [(heal, healing) for heal, healing in found if healing is not None and healing.state.ended]
