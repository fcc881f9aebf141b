"""Implements `domain.usecases.monitor_ports.Monitors`: what callers and the worker group change."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from maestro_core.clock import Clock
from maestro_core.errors import ResourceExhausted
from maestro_core.store.codec import Codec
from maestro_core.store.database import Database
from maestro_core.store.transaction import Transaction
from maestro_healing.domain.healing import Healing
from maestro_healing.domain.monitor import Heal, Monitor
from maestro_healing.domain.usecases.ports import Key, Page, Query
from maestro_healing.store.tables import (
    HEALINGS,
    MONITOR_LEASES,
    MONITORS,
    OPEN_ERRORS,
    change_healing,
    tell_of,
)

_LIST = TypeAdapter(Sequence[Key])
_KEYS: Codec[Sequence[Key]] = Codec(
    encode=lambda keys: {"keys": _LIST.dump_python(keys, mode="json")},
    decode=lambda document: _LIST.validate_python(document["keys"]),
)


class MonitorStore:
    """Runs units of work on a database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, monitor: Monitor, most: int) -> Monitor:
        """Keep a new one, once for each request. Raises AlreadyExists and ResourceExhausted."""

        def work(tx: Transaction) -> Monitor:
            if MONITORS.count(tx.connection, monitor.tenant) >= most:
                raise ResourceExhausted(
                    f"The tenant has {most} monitors, its quota; delete one first.", reason="QUOTA_EXCEEDED"
                )
            return MONITORS.insert(tx.connection, monitor.tenant, monitor.id, monitor)

        return await self._database.mutate(work, MONITORS.codec)

    async def get(self, tenant: str, id: str) -> Monitor:
        """One monitor. Raises NotFound."""
        return await self._database.read(lambda on: MONITORS.get(on, tenant, id))

    async def list(self, tenant: str, query: Query) -> Page[Monitor]:
        """Some of them, newest first. Raises InvalidArgument."""
        page = await self._database.read(
            lambda on: MONITORS.list(on, tenant, page_size=query.page_size, page_token=query.page_token)
        )
        return Page(page.items, page.next_page_token)

    async def delete(self, tenant: str, id: str) -> Sequence[Key]:
        """Take one away, and cancel the healings that it asked for. Raises NotFound."""

        def work(tx: Transaction) -> Sequence[Key]:
            monitor = MONITORS.get(tx.connection, tenant, id)
            keys = [(tenant, heal.healing) for heal in monitor.heals if not heal.outcome]
            begun = [key for key in keys if HEALINGS.find(tx.connection, *key) is not None]
            for key in begun:
                change_healing(tx, *key, lambda old: old.cancelled(self._clock.now()))
            if OPEN_ERRORS.find(tx.connection, tenant, id) is not None:
                OPEN_ERRORS.delete(tx.connection, tenant, id)
            MONITOR_LEASES.end(tx, (tenant, id))
            MONITORS.delete(tx.connection, tenant, id)
            return begun

        return await self._database.mutate(work, _KEYS)

    async def ask(self, monitor: Monitor, heal: Heal, healing: Healing) -> Healing:
        """Keep a healing that a monitor asks for: a new one, or what became of it. Raises NotFound."""

        def work(tx: Transaction) -> Healing:
            current = MONITORS.get(tx.connection, *monitor.key)
            known = HEALINGS.find(tx.connection, *healing.key)
            if known is not None:
                return known
            if all(one.healing != heal.healing for one in current.heals):
                MONITORS.update(tx.connection, *monitor.key, current.asking_for(heal))
            return tell_of(tx, HEALINGS.insert(tx.connection, *healing.key, healing))

        return await self._database.mutate(work, HEALINGS.codec)
