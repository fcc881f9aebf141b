"""The `Templates` port on the database: state, event and audit record in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from maestro.template.v1 import template_pb2
from maestro_core.context import current_call, serving
from maestro_core.errors import AlreadyExists, NotFound
from maestro_core.events.streams import TEMPLATE_RESULTS, TEMPLATE_USAGE
from maestro_core.identity import Principal
from maestro_core.store.database import Database
from maestro_core.store.transaction import Transaction
from maestro_template.domain.model import SYSTEM_TENANT, Template, Visibility
from maestro_template.domain.ports import Caller, Hit, Page, Query
from maestro_template.store.listing import Fetch, merged
from maestro_template.store.messages import template_message, template_name
from maestro_template.store.schema import TEMPLATES, USES, Use

_SHARED: Final = {"visibility": Visibility.SHARED.name}
_SORT_KEYS: Final[Mapping[str, Callable[[Template], Any]]] = {
    "id": lambda template: template.id,
    "create_time": lambda template: template.created_at,
    "update_time": lambda template: template.updated_at,
    "display_name": lambda template: template.name,
    "category": lambda template: template.category,
    "kind": lambda template: template.kind,
    "owner": lambda template: template.owner,
    "status": lambda template: template.status.name,
    "visibility": lambda template: template.visibility.name,
}


class TemplateStore:
    """Templates of all tenants, and the shared ones for everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, tenant: str, template_id: str) -> Template | None:
        """A template of this tenant, or None."""
        return await self._database.read(lambda on: TEMPLATES.find(on, tenant, template_id))

    async def find_visible(self, tenant: str, template_id: str) -> Template | None:
        """What a tenant means by an id: its own template, else the shared one, else None."""

        def work(on: Connection) -> Template | None:
            own = TEMPLATES.find(on, tenant, template_id)
            if own is not None:
                return own
            with _acting_for_the_system():
                return TEMPLATES.find(on, SYSTEM_TENANT, template_id)

        return await self._database.read(work)

    async def find_shared(self, template_id: str) -> Template | None:
        """A template that everybody sees, or None."""
        with _acting_for_the_system():
            return await self.find(SYSTEM_TENANT, template_id)

    async def earlier(self) -> Template | None:
        """What the current request answered when it came before; None where it is new or carries no id.

        Raises AlreadyExists (REQUEST_ID_REUSED).
        """
        call = current_call()
        if call is None or not call.request_id:
            return None
        answer = await self._database.write(lambda transaction: transaction.answered(call))
        return None if answer is None else TEMPLATES.codec.decode(answer)

    async def list(self, tenant: str, query: Query) -> Page:
        """A page of this tenant's templates and the shared ones.

        Raises InvalidArgument for a bad token, filter or order.
        """

        def work(on: Connection) -> Page:
            order = query.order_by or "id asc"
            field, _, direction = order.partition(" ")
            fetches: list[Fetch] = [partial(_page, on, tenant, query.filter, order)]
            if tenant != SYSTEM_TENANT:
                fetches.append(partial(_shared_page, on, query.filter, order))
            page = merged(
                fetches,
                _SORT_KEYS.get(field, _SORT_KEYS["id"]),
                downwards=direction.strip() == "desc",
                page_size=query.page_size,
                page_token=query.page_token,
            )
            visible = tuple(found for found in page.templates if not _is_shadowed(on, tenant, found))
            return Page(visible, page.next_page_token)

        return await self._database.read(work)

    async def resolve(self, tenant: str, hits: Sequence[Hit]) -> Sequence[Template | None]:
        """The template of each hit, None for one that this tenant does not see (any more)."""

        def work(on: Connection) -> list[Template | None]:
            return [_resolved(on, tenant, hit) for hit in hits]

        return await self._database.read(work)

    async def all(self) -> Sequence[Template]:
        """Every template of every tenant, for the search index alone."""
        return await self._database.read(lambda on: [template for _, _, template in TEMPLATES.scan(on)])

    async def owned(self, tenant: str) -> Sequence[Template]:
        """Every template of a tenant's own."""

        def work(on: Connection) -> list[Template]:
            found: list[Template] = []
            token = ""
            while True:
                page = TEMPLATES.list(on, tenant, page_token=token, page_size=1000)
                found += page.items
                token = page.next_page_token
                if not token:
                    return found

        return await self._database.read(work)

    async def adopt(
        self, caller: Caller, template_id: str, grow: Callable[[Template | None], Template]
    ) -> Template:
        """Store what a remote gave of a template, which `grow` makes of what is there, or of None."""

        def work(transaction: Transaction) -> Template:
            on = transaction.connection
            found = TEMPLATES.find(on, caller.tenant, template_id)
            grown = grow(found)
            if found is None:
                stored = TEMPLATES.insert(on, caller.tenant, template_id, grown)
            else:
                stored = TEMPLATES.update(on, caller.tenant, template_id, grown, etag=found.etag)
            _tell(transaction, caller, stored)
            return stored

        return await self._database.write(work)

    async def add(self, caller: Caller, template: Template) -> Template:
        """Store a new template. Raises AlreadyExists (TEMPLATE_EXISTS)."""

        def work(transaction: Transaction) -> Template:
            if TEMPLATES.find(transaction.connection, caller.tenant, template.id) is not None:
                raise AlreadyExists(f"there is a template {template.id} already", reason="TEMPLATE_EXISTS")
            stored = TEMPLATES.insert(transaction.connection, caller.tenant, template.id, template)
            _tell(transaction, caller, stored)
            return stored

        return await self._database.mutate(work, TEMPLATES.codec)

    async def change(
        self,
        caller: Caller,
        template_id: str,
        edit: Callable[[Template], Template],
        *,
        etag: str = "",
        comment: str = "",
    ) -> Template:
        """Read, edit and store in one transaction.

        Raises NotFound (TEMPLATE_NOT_FOUND), Aborted (ETAG_MISMATCH) and whatever `edit` raises.
        """

        def work(transaction: Transaction) -> Template:
            found = _require(transaction.connection, caller.tenant, template_id)
            stored = TEMPLATES.update(
                transaction.connection, caller.tenant, template_id, edit(found), etag=etag or found.etag
            )
            _tell(transaction, caller, stored, comment=comment)
            return stored

        return await self._database.mutate(work, TEMPLATES.codec)

    async def remove(self, caller: Caller, template_id: str, *, etag: str = "") -> Template:
        """Remove a template and give what it was.

        Raises NotFound (TEMPLATE_NOT_FOUND), Aborted (ETAG_MISMATCH).
        """

        def work(transaction: Transaction) -> Template:
            found = _require(transaction.connection, caller.tenant, template_id)
            TEMPLATES.delete(transaction.connection, caller.tenant, template_id, etag=etag)
            _tell(transaction, caller, found, deleted=True)
            return found

        return await self._database.mutate(work, TEMPLATES.codec)

    async def record_use(self, caller: Caller, template_id: str, number: str) -> None:
        """Count a rendering, and tell the usage stream of it."""
        name = template_name(caller.tenant, template_id)
        message = template_pb2.TemplateUsed(template=name, version=number, user=caller.subject)

        def work(transaction: Transaction) -> None:
            on = transaction.connection
            use = USES.find(on, caller.tenant, template_id)
            if use is None:
                USES.insert(on, caller.tenant, template_id, Use(template_id, 1))
            else:
                USES.update(on, caller.tenant, template_id, replace(use, renders=use.renders + 1))
            transaction.emit(TEMPLATE_USAGE, message, tenant=caller.tenant, subject=name)

        await self._database.write(work)

    async def uses(self, tenant: str) -> Mapping[str, int]:
        """How often this tenant rendered each template."""

        def work(on: Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            token = ""
            while True:
                page = USES.list(on, tenant, page_token=token, page_size=1000)
                found.update({use.template_id: use.renders for use in page.items})
                token = page.next_page_token
                if not token:
                    return found

        return await self._database.read(work)


def _page(on: Connection, tenant: str, filter: str, order: str, token: str, size: int) -> Any:
    return TEMPLATES.list(on, tenant, page_size=size, page_token=token, filter=filter, order_by=order)


def _shared_page(on: Connection, filter: str, order: str, token: str, size: int) -> Any:
    with _acting_for_the_system():
        return TEMPLATES.list(
            on, SYSTEM_TENANT, page_size=size, page_token=token, filter=filter, order_by=order, where=_SHARED
        )


def _resolved(on: Connection, tenant: str, hit: Hit) -> Template | None:
    if hit.tenant == tenant:
        return TEMPLATES.find(on, tenant, hit.template_id)
    with _acting_for_the_system():
        found = TEMPLATES.find(on, SYSTEM_TENANT, hit.template_id)
    return None if found is None or _is_shadowed(on, tenant, found) else found


def _is_shadowed(on: Connection, tenant: str, template: Template) -> bool:
    """Whether a tenant has a template of its own under a shared one's id."""
    return template.tenant != tenant and TEMPLATES.find(on, tenant, template.id) is not None


def _require(on: Connection, tenant: str, template_id: str) -> Template:
    found = TEMPLATES.find(on, tenant, template_id)
    if found is None:
        raise NotFound(f"there is no template {template_id}", reason="TEMPLATE_NOT_FOUND")
    return found


def _tell(
    transaction: Transaction, caller: Caller, template: Template, *, deleted: bool = False, comment: str = ""
) -> None:
    """The event and the audit record of a change."""
    name = template_name(caller.tenant, template.id)
    change = template_pb2.TemplateChange(template=template_message(caller.tenant, template), deleted=deleted)
    transaction.emit(TEMPLATE_RESULTS, change, tenant=caller.tenant, subject=name)
    call = current_call()
    action = call.method.rpartition("/")[2] if call else "ShipTemplate"
    detail = f"{action} {template.status}: {comment}" if comment else f"{action} {template.status}"
    transaction.audit(detail[:255], name, tenant=caller.tenant, subject=caller.subject)


@contextmanager
def _acting_for_the_system() -> Iterator[None]:
    """Read what is shared in the name of the system that it belongs to: the one way across tenants."""
    call = current_call()
    if call is None:
        yield
        return
    with serving(replace(call, principal=Principal("maestro", SYSTEM_TENANT, frozenset()))):
        yield
