"""The tables that every service's database has beside its own."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

# SQLite numbers rows by itself only where the key is exactly INTEGER.
_Position = BigInteger().with_variant(Integer, "sqlite")


class CoreTables:
    """Outbox, stream numbers, answered requests and the audit trail."""

    def __init__(self, metadata: MetaData) -> None:
        self.outbox = Table(
            "outbox",
            metadata,
            Column("position", _Position, primary_key=True, autoincrement=True),
            Column("stream", String(128), nullable=False),
            Column("sequence", BigInteger),
            Column("id", String(128), nullable=False, unique=True),
            Column("source", String(128), nullable=False),
            Column("type", String(255), nullable=False),
            Column("subject", String(512), nullable=False),
            Column("time", DateTime(timezone=True), nullable=False),
            Column("tenant", String(63), nullable=False),
            Column("traceparent", String(64), nullable=False),
            Column("data", LargeBinary, nullable=False),
        )
        Index("outbox_sequence", self.outbox.c.stream, self.outbox.c.sequence, unique=True)
        Index(
            "outbox_unnumbered",
            self.outbox.c.position,
            sqlite_where=self.outbox.c.sequence.is_(None),
            postgresql_where=self.outbox.c.sequence.is_(None),
        )
        self.streams = Table(
            "streams",
            metadata,
            Column("stream", String(128), primary_key=True),
            Column("sequence", BigInteger, nullable=False),
        )
        self.requests = Table(
            "requests",
            metadata,
            Column("tenant", String(63), primary_key=True),
            Column("request_id", String(64), primary_key=True),
            Column("fingerprint", String(64), nullable=False),
            Column("answer", Text, nullable=False),
            Column("time", DateTime(timezone=True), nullable=False, index=True),
        )
        self.audit = Table(
            "audit",
            metadata,
            Column("position", _Position, primary_key=True, autoincrement=True),
            Column("time", DateTime(timezone=True), nullable=False),
            Column("tenant", String(63), nullable=False),
            Column("subject", String(255), nullable=False),
            Column("action", String(255), nullable=False),
            Column("resource", String(512), nullable=False),
            Column("traceparent", String(64), nullable=False),
        )
