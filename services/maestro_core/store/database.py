"""A service's own database: SQLite in a file or PostgreSQL on a server, the same code for both."""

from __future__ import annotations

import asyncio
import contextvars
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine, MetaData, delete, text
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from maestro_core.context import current_call
from maestro_core.errors import Aborted, InvalidArgument, Unavailable
from maestro_core.store import engines
from maestro_core.store.codec import Codec
from maestro_core.store.tables import CoreTables
from maestro_core.store.transaction import Transaction

T = TypeVar("T")

_ATTEMPTS = 10
# Two transactions came in each other's way: serialisation failure, deadlock, or the same new key in both, of
# which the second finds the first one's row when it runs again. SQLite has one writer and none of this.
_CONFLICTS = frozenset({"40001", "40P01", "23505"})


class Database:
    """Runs units of work on threads of its own.

    `read` and `write` raise Unavailable (DATABASE_UNAVAILABLE) where the database does not answer,
    `write` also Aborted (WRITE_CONFLICT) where concurrent changes kept coming first.
    """

    def __init__(self, url: str, metadata: MetaData, schema: str, *, source: str = "") -> None:
        """`schema` names the service; `source` is the CloudEvents source of its events."""
        self.schema = schema
        # A copy, for one process may open two databases of one schema, as tests do.
        self._metadata = MetaData()
        for table in metadata.sorted_tables:
            table.to_metadata(self._metadata)
        self.tables = CoreTables(self._metadata)
        self._url = url
        self._source = source or f"/maestro/{schema}"
        self._sqlite = engines.is_sqlite(url)
        # SQLite has one writer at a time anyway; waiting in a queue is fairer and cheaper than on its lock.
        self._write_pool = ThreadPoolExecutor(1 if self._sqlite else engines.READERS, f"{schema}-write")
        self._read_pool = ThreadPoolExecutor(engines.READERS, f"{schema}-read")
        self._writer: Engine
        self._reader: Engine
        self._writer, self._reader = (
            engines.sqlite_engines(url) if self._sqlite else engines.postgresql_engines(url, schema)
        )
        self._emitted: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Make the tables that are missing."""
        await self._run(self._write_pool, self._create)

    async def close(self) -> None:
        """Finish what runs and let go of every connection."""
        for pool, engine in ((self._write_pool, self._writer), (self._read_pool, self._reader)):
            await asyncio.to_thread(pool.shutdown)
            engine.dispose()

    async def ping(self) -> None:
        """Raise Unavailable where the database does not answer."""
        await self.read(lambda connection: connection.execute(text("SELECT 1")))

    def on_emit(self, callback: Callable[[], None]) -> None:
        """Call back, in the event loop, after every commit that emitted an event."""
        self._emitted.append(callback)

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on one snapshot."""
        return await self._run(self._read_pool, lambda: self._read(fn))

    async def write(self, fn: Callable[[Transaction], T]) -> T:
        """Run `fn` in one transaction. It may run again after a conflict: no other effects."""
        result, emitted = await self._run(self._write_pool, lambda: self._write(fn))
        if emitted:
            for callback in self._emitted:
                callback()
        return result

    async def mutate(self, fn: Callable[[Transaction], T], codec: Codec[T]) -> T:
        """`write` for a call that changes something: audited, and done once for each `request_id`.

        The answer is kept with `codec` in the same transaction. The same request of the same id gets it
        again; another request of that id raises AlreadyExists (REQUEST_ID_REUSED).
        """
        call = current_call()
        if call is None:
            return await self.write(fn)

        def once(transaction: Transaction) -> T:
            answer = transaction.answered(call)
            if answer is not None:
                return codec.decode(answer)
            result = fn(transaction)
            if not transaction.audited:
                transaction.audit(call.method, call.resource)
            transaction.remember(call, dict(codec.encode(result)))
            return result

        return await self.write(once)

    async def forget(self, before: datetime) -> None:
        """Drop answers to requests and published events older than `before`."""
        outbox, requests = self.tables.outbox, self.tables.requests

        def work(transaction: Transaction) -> None:
            transaction.connection.execute(delete(requests).where(requests.c.time < before))
            transaction.connection.execute(
                delete(outbox).where(outbox.c.sequence.is_not(None), outbox.c.time < before)
            )

        await self.write(work)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        context = contextvars.copy_context()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, context.run, work)
        except DataError as error:  # PostgreSQL's texts hold no NUL
            raise InvalidArgument(
                "The database can't keep a value of the request: a NUL in a text, or too large a number.",
                reason="VALUE_NOT_STORABLE",
            ) from error
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise Unavailable(
                "The database does not answer.", reason="DATABASE_UNAVAILABLE", retry_after=1
            ) from error

    def _create(self) -> None:
        if self._sqlite:
            with self._writer.begin() as connection:
                self._metadata.create_all(connection)
            return
        # Whoever waited for the other replica must see what that one made meanwhile.
        with self._writer.connect().execution_options(isolation_level="READ COMMITTED") as connection:
            engines.create_schema(connection, self.schema)
            self._metadata.create_all(connection)
            connection.commit()

    def _read(self, fn: Callable[[Connection], T]) -> T:
        with self._reader.connect() as connection:
            return fn(connection)

    def _write(self, fn: Callable[[Transaction], T]) -> tuple[T, bool]:
        for attempt in range(_ATTEMPTS):
            try:
                with self._writer.begin() as connection:
                    transaction = Transaction(connection, self.tables, self._source)
                    return fn(transaction), transaction.emitted
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _CONFLICTS:
                    raise
                time.sleep(random.uniform(0, 0.002 * 2**attempt))
        raise Aborted("Concurrent changes kept coming first.", reason="WRITE_CONFLICT", retry_after=0.1)
