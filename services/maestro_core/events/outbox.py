"""The outbox's side of publishing: which events wait, and which numbers they get."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maestro_core.events.envelope import Event
from maestro_core.store.database import Database
from maestro_core.store.transaction import Transaction

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that just got their numbers, by stream, and whether more of them wait."""

    events: dict[str, list[Event]]
    unknown_streams: frozenset[str]
    more: bool


class Outbox:
    """Numbers the events of one database.

    They get their numbers after their commit and in one transaction at a time, so whoever reads state after
    number n sees everything that the events up to n tell.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = database.tables.outbox
        self._streams = database.tables.streams

    async def number(self, streams: Collection[str]) -> Batch:
        """Number the oldest events of these streams that have none, and tell which other streams wait."""
        return await self._database.write(lambda transaction: self._number(transaction, streams))

    async def last_number(self, stream: str) -> int:
        """The highest number given on a stream."""
        statement = select(self._streams.c.sequence).where(self._streams.c.stream == stream)
        return await self._database.read(lambda on: on.execute(statement).scalar_one_or_none() or 0)

    async def streams(self) -> list[str]:
        """The streams on which numbers were given."""
        return await self._database.read(
            lambda on: list(on.execute(select(self._streams.c.stream)).scalars())
        )

    async def after(self, stream: str, number: int) -> list[Event]:
        """The next events with a number above `number`."""
        columns = self._outbox.c
        statement = (
            select(self._outbox)
            .where(columns.stream == stream, columns.sequence > number)
            .order_by(columns.sequence)
            .limit(_BATCH)
        )
        return await self._database.read(lambda on: [_event(row) for row in on.execute(statement)])

    async def renumber(self, stream: str, published: int, top: int) -> None:
        """Take numbers above `published` back, and go on above `top`: somebody else wrote to the stream."""
        columns = self._outbox.c

        def work(transaction: Transaction) -> None:
            transaction.connection.execute(
                update(self._outbox)
                .where(columns.stream == stream, columns.sequence > published)
                .values(sequence=None)
            )
            self._set_last(transaction, stream, top)

        await self._database.write(work)

    async def oldest_number(self, stream: str) -> int:
        """The lowest number that is still kept, or one above the last given."""
        columns = self._outbox.c
        statement = select(func.min(columns.sequence)).where(columns.stream == stream)
        oldest = await self._database.read(lambda on: on.execute(statement).scalar_one_or_none())
        return oldest if oldest is not None else await self.last_number(stream) + 1

    def _number(self, transaction: Transaction, streams: Collection[str]) -> Batch:
        columns, on = self._outbox.c, transaction.connection
        waiting = set(
            on.execute(select(columns.stream).where(columns.sequence.is_(None)).distinct()).scalars()
        )
        known = waiting & set(streams)
        if not known:
            return Batch({}, frozenset(waiting), False)
        rows = on.execute(
            select(self._outbox)
            .where(columns.sequence.is_(None), columns.stream.in_(known))
            .order_by(columns.position)
            .limit(_BATCH)
        ).all()
        statement = select(self._streams).where(self._streams.c.stream.in_(known))
        last = {row.stream: row.sequence for row in on.execute(statement)}
        events: dict[str, list[Event]] = {}
        numbers: list[dict[str, int]] = []
        for row in rows:
            last[row.stream] = last.get(row.stream, 0) + 1
            events.setdefault(row.stream, []).append(_event(row, last[row.stream]))
            numbers.append({"row": row.position, "number": last[row.stream]})
        if numbers:
            on.execute(
                update(self._outbox)
                .where(columns.position == bindparam("row"))
                .values(sequence=bindparam("number")),
                numbers,
            )
        for stream in events:
            self._set_last(transaction, stream, last[stream])
        return Batch(events, frozenset(waiting - known), len(rows) == _BATCH)

    def _set_last(self, transaction: Transaction, stream: str, number: int) -> None:
        dialect = postgresql if transaction.connection.dialect.name == "postgresql" else sqlite
        transaction.connection.execute(
            dialect.insert(self._streams)
            .values(stream=stream, sequence=number)
            .on_conflict_do_update(index_elements=["stream"], set_={"sequence": number})
        )


def _event(row: Row[*tuple[Any, ...]], sequence: int | None = None) -> Event:
    return Event(
        id=row.id,
        source=row.source,
        type=row.type,
        subject=row.subject,
        # SQLite gives times back without their zone; they were written in UTC.
        time=row.time if row.time.tzinfo else row.time.replace(tzinfo=UTC),
        tenant=row.tenant,
        data=row.data,
        traceparent=row.traceparent,
        sequence=row.sequence if sequence is None else sequence,
    )
