"""SQLAlchemy engines for the two databases: SQLite in a file, PostgreSQL on a server."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.pool import QueuePool

READERS = 4
_LOCK_WAIT_MS = 10_000


def is_sqlite(url: str) -> bool:
    """Whether the URL names a SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def _sqlite_engine(url: URL, begin: str, size: int) -> Engine:
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=size, max_overflow=0, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute(f"PRAGMA busy_timeout={_LOCK_WAIT_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def sqlite_engines(url: str) -> tuple[Engine, Engine]:
    """A writer that takes the write lock as it begins, and readers that never wait for it."""
    parsed = make_url(url)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _sqlite_engine(parsed, "BEGIN IMMEDIATE", 1), _sqlite_engine(parsed, "BEGIN", READERS)


def postgresql_engines(url: str, schema: str) -> tuple[Engine, Engine]:
    """A serialisable writer and snapshot readers, both in the service's own schema."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")

    def engine(isolation: str) -> Engine:
        return create_engine(
            parsed,
            isolation_level=isolation,
            pool_size=READERS,
            max_overflow=READERS,
            pool_pre_ping=True,
            connect_args={"options": f"-csearch_path={schema}", "connect_timeout": 10},
        )

    return engine("SERIALIZABLE"), engine("REPEATABLE READ")


def create_schema(connection: Connection, schema: str) -> None:
    """Make a service's schema on PostgreSQL; several replicas may start at one time."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"maestro:{schema}"})
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
