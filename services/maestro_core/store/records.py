"""Records of one kind of resource. Every query is scoped to a tenant here, and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    MetaData,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from maestro_core.context import current_call
from maestro_core.errors import Aborted, AlreadyExists, NotFound, PermissionDenied
from maestro_core.store import filters
from maestro_core.store.codec import Codec, Document, Json

T = TypeVar("T")

DEFAULT_PAGE = 50
LARGEST_PAGE = 1000
_TYPES: Mapping[type, type[TypeEngine[Any]]] = {str: Text, int: BigInteger, float: Float, bool: Boolean}


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list's items. `next_page_token` is empty on the last page."""

    items: tuple[T, ...]
    next_page_token: str


class Records(Generic[T]):
    """One table: tenant, id, etag, times, the document, and copies of the fields that lists use.

    Its methods run inside `Database.read` or a transaction. A call that serves one tenant cannot name
    another: they raise PermissionDenied (TENANT_MISMATCH) then.
    """

    def __init__(
        self, name: str, metadata: MetaData, codec: Codec[T], *, columns: Mapping[str, type] | None = None
    ) -> None:
        """`columns` are top-level keys of the encoded document and their types: str, int, float or bool."""
        self.name = name
        self.codec = codec
        self._fields = dict(columns or {})
        self.table = Table(
            name,
            metadata,
            Column("tenant", String(63), primary_key=True),
            Column("id", String(255), primary_key=True),
            Column("version", BigInteger, nullable=False),
            Column("create_time", String(32), nullable=False),
            Column("update_time", String(32), nullable=False),
            *(Column(field, _TYPES[kind](), nullable=False) for field, kind in self._fields.items()),
            Column("document", Text, nullable=False),
        )
        for field in ("create_time", *self._fields):
            Index(f"{name}_{field}", self.table.c.tenant, self.table.c[field])
        self._sortable = {
            field: self.table.c[field] for field in ("id", "create_time", "update_time", *self._fields)
        }

    def insert(self, on: Connection, tenant: str, id: str, value: T) -> T:
        """Add a record. Raises AlreadyExists."""
        if self.find(on, tenant, id) is not None:
            raise AlreadyExists(f"The name {id!r} is taken in {self.name}.", reason="ALREADY_EXISTS")
        now = _now()
        row = self._row(value)
        on.execute(
            insert(self.table),
            {"tenant": tenant, "id": id, "version": 1, "create_time": now, "update_time": now, **row},
        )
        return self._decode(str(row["document"]), 1)

    def find(self, on: Connection, tenant: str, id: str) -> T | None:
        """The record, or None."""
        columns = self.table.c
        row = on.execute(
            select(columns.document, columns.version).where(self._of(tenant), columns.id == id)
        ).one_or_none()
        return None if row is None else self._decode(row.document, row.version)

    def get(self, on: Connection, tenant: str, id: str) -> T:
        """The record. Raises NotFound."""
        value = self.find(on, tenant, id)
        if value is None:
            raise self._missing(id)
        return value

    def update(self, on: Connection, tenant: str, id: str, value: T, *, etag: str = "") -> T:
        """Replace a record; with an `etag`, only where it still is the one that was read.

        Raises NotFound, and Aborted (ETAG_MISMATCH).
        """
        columns = self.table.c
        row = self._row(value)
        where = self._at(tenant, id, etag)
        version = on.execute(
            update(self.table)
            .where(where)
            .values(version=columns.version + 1, update_time=_now(), **row)
            .returning(columns.version)
        ).scalar_one_or_none()
        if version is None:
            raise self._mismatch(on, tenant, id)
        return self._decode(str(row["document"]), version)

    def delete(self, on: Connection, tenant: str, id: str, *, etag: str = "") -> None:
        """Remove a record. Raises NotFound, and Aborted (ETAG_MISMATCH)."""
        if on.execute(delete(self.table).where(self._at(tenant, id, etag))).rowcount == 0:
            raise self._mismatch(on, tenant, id)

    def count(self, on: Connection, tenant: str, *, where: Mapping[str, object] | None = None) -> int:
        """How many records have these column values."""
        statement = select(func.count()).select_from(self.table).where(self._of(tenant), *self._equal(where))
        return int(on.execute(statement).scalar_one())

    def list(
        self,
        on: Connection,
        tenant: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        filter: str = "",
        order_by: str = "",
        where: Mapping[str, object] | None = None,
    ) -> Page[T]:
        """A page, newest first unless `order_by` says otherwise. `where` adds equalities.

        Raises InvalidArgument for a filter, order or token that cannot be understood.
        """
        size = min(page_size or DEFAULT_PAGE, LARGEST_PAGE)
        columns = self.table.c
        column, downwards = filters.order(order_by or "create_time desc", self._sortable)
        query = _digest(filter, order_by, where)
        statement = select(columns.document, columns.version, columns.id, column.label("key")).where(
            self._of(tenant), *self._equal(where), *filters.conditions(filter, self._sortable)
        )
        if page_token:
            statement = statement.where(
                _after(column, columns.id, downwards, *_read_token(page_token, query))
            )
        statement = statement.order_by(
            *((column.desc(), columns.id.desc()) if downwards else (column.asc(), columns.id.asc()))
        ).limit(size + 1)
        rows = on.execute(statement).all()
        more = len(rows) > size
        return Page(
            tuple(self._decode(row.document, row.version) for row in rows[:size]),
            _write_token(rows[size - 1].key, rows[size - 1].id, query) if more else "",
        )

    def scan(
        self, on: Connection, *, where: Mapping[str, object] | None = None
    ) -> Iterator[tuple[str, str, T]]:
        """Tenant, id and value of every tenant's records: for background loops, never for a caller.

        Raises PermissionDenied (TENANT_MISMATCH) in a call that serves one tenant.
        """
        self._refuse_crossing("")
        columns = self.table.c
        rows = on.execute(
            select(columns.tenant, columns.id, columns.document, columns.version).where(*self._equal(where))
        ).all()
        for row in rows:
            yield row.tenant, row.id, self._decode(row.document, row.version)

    def _of(self, tenant: str) -> ColumnElement[bool]:
        self._refuse_crossing(tenant)
        return self.table.c.tenant == tenant

    def _refuse_crossing(self, tenant: str) -> None:
        call = current_call()
        if call is not None and call.principal is not None and call.principal.tenant != tenant:
            raise PermissionDenied("This belongs to another tenant.", reason="TENANT_MISMATCH")

    def _at(self, tenant: str, id: str, etag: str) -> ColumnElement[bool]:
        condition = and_(self._of(tenant), self.table.c.id == id)
        if etag:
            condition = and_(condition, self.table.c.version == (int(etag) if etag.isdecimal() else -1))
        return condition

    def _equal(self, where: Mapping[str, object] | None) -> Sequence[ColumnElement[bool]]:
        return [self._sortable[field] == value for field, value in (where or {}).items()]

    def _row(self, value: T) -> dict[str, object]:
        document = {key: item for key, item in self.codec.encode(value).items() if key != "etag"}
        # An absent value sorts as the empty one of its type: NULL would fall out of comparisons and pages.
        row: dict[str, object] = {
            field: document.get(field) or kind() for field, kind in self._fields.items()
        }
        row["document"] = json.dumps(document, separators=(",", ":"))
        return row

    def _decode(self, text: str, version: int) -> T:
        document: Document = json.loads(text)
        document["etag"] = str(version)
        return self.codec.decode(document)

    def _mismatch(self, on: Connection, tenant: str, id: str) -> Exception:
        if self.find(on, tenant, id) is None:
            return self._missing(id)
        return Aborted(f"{id!r} was changed meanwhile: read it again.", reason="ETAG_MISMATCH")

    def _missing(self, id: str) -> NotFound:
        return NotFound(f"There is no {self.name.removesuffix('s')} {id!r}.", reason="NOT_FOUND")


def _now() -> str:
    """The time as text that sorts as the times do."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _after(
    column: Column[Any], id: Column[Any], downwards: bool, key: Json, last: str
) -> ColumnElement[bool]:
    if downwards:
        return or_(column < key, and_(column == key, id < last))
    return or_(column > key, and_(column == key, id > last))


def _write_token(key: Json, last: str, query: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([query, key, last]).encode()).decode()


def _read_token(token: str, query: str) -> tuple[Json, str]:
    try:
        owner, key, last = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise filters.wrong("page_token", "is not a token of this list") from error
    if owner != query or not isinstance(last, str) or not isinstance(key, str | int | float):
        raise filters.wrong("page_token", "belongs to another filter or order")
    return key, last
