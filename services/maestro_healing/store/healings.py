"""Implements `domain.usecases.ports.Healings`: a change and its event are one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator

from maestro_core.store.database import Database
from maestro_core.store.transaction import Transaction
from maestro_healing.domain.healing import Healing
from maestro_healing.domain.usecases.ports import Change, Page, Query
from maestro_healing.store.tables import HEALINGS, change_healing, tell_of

_PAGE = 100


class HealingStore:
    """Runs units of work on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, healing: Healing) -> Healing:
        """Keep a new one, once for each request. Raises AlreadyExists."""

        def work(tx: Transaction) -> Healing:
            return tell_of(tx, HEALINGS.insert(tx.connection, healing.tenant, healing.id, healing))

        return await self._database.mutate(work, HEALINGS.codec)

    async def get(self, tenant: str, id: str) -> Healing:
        """One healing. Raises NotFound."""
        return await self._database.read(lambda on: HEALINGS.get(on, tenant, id))

    async def list(self, tenant: str, query: Query) -> Page[Healing]:
        """Some of them. Raises InvalidArgument."""
        page = await self._database.read(
            lambda on: HEALINGS.list(
                on,
                tenant,
                page_size=query.page_size,
                page_token=query.page_token,
                filter=query.filter,
                order_by=query.order_by or "create_time desc",
            )
        )
        return Page(page.items, page.next_page_token)

    async def all(self, tenant: str) -> AsyncIterator[Healing]:
        """All of a tenant's; few of them are in memory at one time."""
        query = Query(page_size=_PAGE)
        while True:
            page = await self.list(tenant, query)
            for healing in page.items:
                yield healing
            if not page.next_page_token:
                return
            query = Query(page_size=_PAGE, page_token=page.next_page_token)

    async def change(self, tenant: str, id: str, change: Change) -> Healing:
        """Change one for a caller, once for each request, and audited. Raises NotFound."""
        return await self._database.mutate(lambda tx: change_healing(tx, tenant, id, change), HEALINGS.codec)
