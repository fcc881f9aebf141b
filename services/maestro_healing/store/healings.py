"""Implements `domain.usecases.ports.Healings`: a change and its event are one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import MetaData

from maestro_core.events.streams import AUTOMATION_HEALINGS, AUTOMATION_RESULTS
from maestro_core.store.codec import Codec, Document
from maestro_core.store.database import Database
from maestro_core.store.records import Records
from maestro_core.store.transaction import Transaction
from maestro_healing.domain.healing import Healing
from maestro_healing.domain.model import Progress
from maestro_healing.domain.usecases.ports import Change, Page, Query
from maestro_healing.events.messages import healing_message, progress_message

METADATA = MetaData()
_HEALING = TypeAdapter(Healing)
_PAGE = 1000


def _encode(healing: Healing) -> Document:
    document: Document = _HEALING.dump_python(healing, mode="json")
    document["unfinished"] = not healing.state.ended
    return document


HEALINGS = Records(
    "healings",
    METADATA,
    Codec(encode=_encode, decode=_HEALING.validate_python),
    columns={"state": str, "owner": str, "unfinished": bool},
)


class HealingStore:
    """Runs units of work on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, healing: Healing) -> Healing:
        """Keep a new one, once for each request. Raises AlreadyExists."""

        def work(tx: Transaction) -> Healing:
            return _told(tx, HEALINGS.insert(tx.connection, healing.tenant, healing.id, healing))

        return await self._database.mutate(work, HEALINGS.codec)

    async def get(self, tenant: str, id: str) -> Healing:
        """One healing. Raises NotFound."""
        return await self._database.read(lambda on: HEALINGS.get(on, tenant, id))

    async def list(self, tenant: str, query: Query) -> Page:
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

    async def all(self, tenant: str) -> Sequence[Healing]:
        """All of a tenant's."""
        found: list[Healing] = []
        query = Query(page_size=_PAGE)
        while True:
            page = await self.list(tenant, query)
            found += page.items
            if not page.next_page_token:
                return found
            query = Query(page_size=_PAGE, page_token=page.next_page_token)

    async def unfinished(self) -> Sequence[Healing]:
        """Every tenant's that have not ended."""
        return await self._database.read(
            lambda on: [healing for _, _, healing in HEALINGS.scan(on, where={"unfinished": True})]
        )

    async def change(self, tenant: str, id: str, change: Change) -> Healing:
        """Change one for a caller, once for each request, and audited. Raises NotFound."""
        return await self._database.mutate(lambda tx: _changed(tx, tenant, id, change), HEALINGS.codec)

    async def advance(self, tenant: str, id: str, change: Change) -> Healing:
        """Change one on the service's own account."""
        return await self._database.write(lambda tx: _changed(tx, tenant, id, change))

    async def tell(self, healing: Healing, progress: Progress) -> None:
        """Publish how far one is."""
        message = progress_message(healing, progress)
        await self._database.write(
            lambda tx: tx.emit(AUTOMATION_HEALINGS, message, tenant=healing.tenant, subject=healing.name)
        )


def _changed(tx: Transaction, tenant: str, id: str, change: Change) -> Healing:
    old = HEALINGS.get(tx.connection, tenant, id)
    new = change(old)
    if new == old:
        return old
    return _told(tx, HEALINGS.update(tx.connection, tenant, id, new, etag=old.etag))


def _told(tx: Transaction, healing: Healing) -> Healing:
    message = healing_message(healing, report=True)
    for stream in (
        (AUTOMATION_HEALINGS, AUTOMATION_RESULTS) if healing.state.ended else (AUTOMATION_HEALINGS,)
    ):
        tx.emit(stream, message, tenant=healing.tenant, subject=healing.name)
    return healing
