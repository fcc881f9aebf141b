"""Implements `domain.ports.Store` over core's database: each change and its event are one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from google.protobuf.message import Message
from sqlalchemy import Connection

from maestro_core.events.streams import K8S_RESULTS, K8S_STATUS
from maestro_core.store.database import Database
from maestro_core.store.records import Records
from maestro_core.store.transaction import Transaction
from maestro_environment.domain.environment import Environment, EnvironmentState
from maestro_environment.domain.job import Job
from maestro_environment.domain.names import EnvironmentName, JobName
from maestro_environment.domain.ports import Page, Query, Reader, Writer
from maestro_environment.store.tables import ENVIRONMENTS, JOBS

T = TypeVar("T")


class Messages(Protocol):
    """What records look like on the streams."""

    def environment(self, environment: Environment) -> Message:
        """An environment, without secrets."""
        ...

    def job(self, job: Job) -> Message:
        """A job, without its test cases."""
        ...


class RecordReader:
    """Implements `domain.ports.Reader`."""

    def __init__(self, connection: Connection) -> None:
        self._on = connection

    def environment(self, name: EnvironmentName) -> Environment:
        """One environment; raises NotFound."""
        return ENVIRONMENTS.get(self._on, name.tenant, name.id)

    def environments(self, tenant: str, query: Query) -> Page[Environment]:
        """Some of a tenant's environments."""
        return _page(ENVIRONMENTS, self._on, tenant, query)

    def living(self) -> Sequence[Environment]:
        """Every tenant's environments that have not ended."""
        return [record for _, _, record in ENVIRONMENTS.scan(self._on, where={"living": True})]

    def living_of(self, tenant: str) -> Sequence[Environment]:
        """A tenant's environments that have not ended."""
        found: list[Environment] = []
        token = ""
        while True:
            page = ENVIRONMENTS.list(
                self._on, tenant, page_size=1000, page_token=token, where={"living": True}
            )
            found += page.items
            if not (token := page.next_page_token):
                return found

    def job(self, name: JobName) -> Job:
        """One job; raises NotFound."""
        return JOBS.get(self._on, name.tenant, _id(name))

    def jobs(self, tenant: str, environment: str, query: Query) -> Page[Job]:
        """Some of the jobs of an environment, or of all of the tenant's where it is empty."""
        return _page(JOBS, self._on, tenant, query, {"environment": environment} if environment else None)

    def unfinished_jobs(self) -> Sequence[Job]:
        """Every tenant's jobs that have not ended, oldest first."""
        found = [record for _, _, record in JOBS.scan(self._on, where={"unfinished": True})]
        return sorted(found, key=lambda job: job.create_time)

    def count_living(self, tenant: str) -> int:
        """How many environments of a tenant have not ended."""
        return ENVIRONMENTS.count(self._on, tenant, where={"living": True})

    def count_unfinished_jobs(self, tenant: str) -> int:
        """How many jobs of a tenant have not ended."""
        return JOBS.count(self._on, tenant, where={"unfinished": True})


class RecordWriter(RecordReader):
    """Implements `domain.ports.Writer`."""

    def __init__(self, transaction: Transaction, messages: Messages) -> None:
        super().__init__(transaction.connection)
        self._transaction = transaction
        self._messages = messages

    def add_environment(self, environment: Environment) -> Environment:
        """Keep a new one; raises AlreadyExists."""
        name = environment.name
        return self._told(ENVIRONMENTS.insert(self._on, name.tenant, name.id, environment))

    def save_environment(self, environment: Environment) -> Environment:
        """Keep a change; raises Aborted where it is not the record that was read."""
        name = environment.name
        return self._told(
            ENVIRONMENTS.update(self._on, name.tenant, name.id, environment, etag=environment.etag)
        )

    def add_job(self, job: Job) -> Job:
        """Keep a new one; raises AlreadyExists."""
        return self._told_job(JOBS.insert(self._on, job.name.tenant, _id(job.name), job))

    def save_job(self, job: Job) -> Job:
        """Keep a change; raises Aborted where it is not the record that was read."""
        return self._told_job(JOBS.update(self._on, job.name.tenant, _id(job.name), job, etag=job.etag))

    def _told(self, environment: Environment) -> Environment:
        outcome = environment.state.ended or environment.state is EnvironmentState.READY
        self._emit(self._messages.environment(environment), environment.name, outcome)
        return environment

    def _told_job(self, job: Job) -> Job:
        self._emit(self._messages.job(job), job.name, job.state.ended)
        return job

    def _emit(self, message: Message, name: EnvironmentName | JobName, outcome: bool) -> None:
        for stream in (K8S_STATUS, K8S_RESULTS) if outcome else (K8S_STATUS,):
            self._transaction.emit(stream, message, tenant=name.tenant, subject=str(name))


class RecordStore:
    """Runs units of work on a database."""

    def __init__(self, database: Database, messages: Messages) -> None:
        self._database = database
        self._messages = messages

    async def read(self, work: Callable[[Reader], T]) -> T:
        """Read."""
        return await self._database.read(lambda connection: work(RecordReader(connection)))

    async def write(self, work: Callable[[Writer], T]) -> T:
        """Change, on the service's own account."""
        return await self._database.write(lambda tx: work(RecordWriter(tx, self._messages)))

    async def change_environment(self, work: Callable[[Writer], Environment]) -> Environment:
        """Change for a caller: done once for each request, and audited."""
        return await self._database.mutate(
            lambda tx: work(RecordWriter(tx, self._messages)), ENVIRONMENTS.codec
        )

    async def change_job(self, work: Callable[[Writer], Job]) -> Job:
        """Change for a caller: done once for each request, and audited."""
        return await self._database.mutate(lambda tx: work(RecordWriter(tx, self._messages)), JOBS.codec)


def _page(
    records: Records[T], on: Connection, tenant: str, query: Query, where: Mapping[str, object] | None = None
) -> Page[T]:
    page = records.list(
        on,
        tenant,
        page_size=query.page_size,
        page_token=query.page_token,
        filter=query.filter,
        order_by=query.order_by,
        where=where,
    )
    return Page(page.items, page.next_page_token)


def _id(name: JobName) -> str:
    return f"{name.environment.id}/{name.id}"
