"""Implements `domain.usecases.ports.HealingLeases`: who may write, the transaction that writes decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from maestro_core.events.streams import AUTOMATION_HEALINGS
from maestro_core.store.database import Database
from maestro_core.store.transaction import Transaction
from maestro_healing.domain.healing import Healing, HealingState, Lease
from maestro_healing.domain.model import Progress
from maestro_healing.domain.usecases.ports import Change, Key
from maestro_healing.events.messages import progress_message
from maestro_healing.store.tables import HEALINGS, LEASES, change_healing

_EARLIER = 20


class LeaseStore:
    """Runs units of work on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def free(self, now: datetime) -> Sequence[Healing]:
        """Every tenant's that have not ended and that nobody is at work on, the oldest first."""

        def work(on: Connection) -> Sequence[Healing]:
            held = LEASES.current(on, now)
            unfinished = HEALINGS.scan(on, where={"unfinished": True})
            found = [healing for tenant, id, healing in unfinished if (tenant, id) not in held]
            return sorted(found, key=lambda healing: healing.create_time)

        return await self._database.read(work)

    async def take(self, key: Key, lease: Lease, now: datetime) -> Healing | None:
        """Begin one that is free; None where it is not."""

        def work(tx: Transaction) -> Healing | None:
            before = LEASES.find(tx.connection, key)
            healing = HEALINGS.find(tx.connection, *key)
            if healing is None or healing.state.ended or (before is not None and before.expires > now):
                return None
            LEASES.put(tx, key, lease)
            return change_healing(tx, *key, lambda old: old.begun(now, after_crash=before is not None))

        return await self._database.write(work)

    async def renew(self, keys: Collection[Key], lease: Lease) -> Collection[Key]:
        """Hold what the lease's holder still holds for longer; gives what is no longer theirs."""
        return await self._database.write(lambda tx: LEASES.renew(tx, keys, lease))

    async def advance(self, key: Key, holder: str, change: Change) -> Healing:
        """Change one for whoever holds it. Raises LeaseLost."""

        def work(tx: Transaction) -> Healing:
            LEASES.require(tx, key, holder)
            return change_healing(tx, *key, change)

        return await self._database.write(work)

    async def earlier(self, tenant: str) -> Sequence[Healing]:
        """The last healings of a tenant that ended with a report."""
        page = await self._database.read(
            lambda on: HEALINGS.list(
                on,
                tenant,
                page_size=_EARLIER,
                filter=f'state = "{HealingState.COMPLETED}"',
                order_by="create_time desc",
            )
        )
        return page.items

    async def tell(self, healing: Healing, holder: str, progress: Progress) -> None:
        """Publish how far whoever holds one is. Raises LeaseLost."""
        message = progress_message(healing, progress)

        def work(tx: Transaction) -> None:
            LEASES.require(tx, healing.key, holder)
            tx.emit(AUTOMATION_HEALINGS, message, tenant=healing.tenant, subject=healing.name)

        await self._database.write(work)
