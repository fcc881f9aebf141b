"""Units of work: all or nothing, once for each request id, never lost to a conflict."""

from __future__ import annotations

import asyncio

import pytest
from google.protobuf.wrappers_pb2 import StringValue
from sqlalchemy import MetaData, func, select
from things import CODEC, Thing, call, opened

from maestro_core.context import serving
from maestro_core.errors import AlreadyExists, Unavailable
from maestro_core.store.codec import NOTHING
from maestro_core.store.database import Database
from maestro_core.store.records import Records
from maestro_core.store.transaction import Transaction


async def rows(database: Database, table: str) -> int:
    counted = select(func.count()).select_from(getattr(database.tables, table))
    return await database.read(lambda on: int(on.execute(counted).scalar_one()))


async def test_state_event_and_audit_are_one_transaction(database: Database, records: Records[Thing]) -> None:
    def fails_at_the_end(tx: Transaction) -> None:
        records.insert(tx.connection, "t1", "a", Thing("a"))
        tx.emit("s", StringValue(value="a"), tenant="t1", subject="a")
        tx.audit("make", "a", tenant="t1", subject="me")
        raise RuntimeError("the use case thinks better of it")

    with pytest.raises(RuntimeError):
        await database.write(fails_at_the_end)
    assert await database.read(lambda on: records.find(on, "t1", "a")) is None
    assert await rows(database, "outbox") == 0
    assert await rows(database, "audit") == 0


async def test_listeners_hear_of_commits_that_emit(database: Database) -> None:
    heard: list[str] = []
    database.on_emit(lambda: heard.append("event"))
    await database.write(lambda tx: tx.audit("x", "y"))
    assert heard == []
    await database.write(lambda tx: tx.emit("s", StringValue(), tenant="t1", subject=""))
    assert heard == ["event"]


async def test_an_event_id_is_emitted_once(database: Database) -> None:
    for _ in range(2):
        await database.write(
            lambda tx: tx.emit("s", StringValue(), tenant="t1", subject="", event_id="result-of-1")
        )
    assert await rows(database, "outbox") == 1


async def test_the_same_request_gets_the_same_answer_and_changes_nothing(
    database: Database, records: Records[Thing]
) -> None:
    def work(tx: Transaction) -> Thing:
        tx.emit("s", StringValue(), tenant="t1", subject="a")
        return records.insert(tx.connection, "t1", "a", Thing("a"))

    answers = []
    for _ in range(3):
        with serving(call(request_id="r1", fingerprint="f")):
            answers.append(await database.mutate(work, CODEC))
    assert answers == [Thing("a", etag="1")] * 3
    assert await rows(database, "outbox") == 1
    assert await rows(database, "audit") == 1


async def test_a_request_id_is_not_for_another_request(database: Database) -> None:
    with serving(call(request_id="r1", fingerprint="f")):
        await database.mutate(lambda tx: None, NOTHING)
    with serving(call(request_id="r1", fingerprint="g")), pytest.raises(AlreadyExists) as caught:
        await database.mutate(lambda tx: None, NOTHING)
    assert caught.value.reason == "REQUEST_ID_REUSED"
    with serving(call("t2", request_id="r1", fingerprint="g")):
        await database.mutate(lambda tx: None, NOTHING)


async def test_a_failed_request_may_be_repeated(database: Database) -> None:
    def fails(_tx: Transaction) -> None:
        raise AlreadyExists("no", reason="NO")

    with serving(call(request_id="r1", fingerprint="f")):
        with pytest.raises(AlreadyExists, match="no"):
            await database.mutate(fails, NOTHING)
        await database.mutate(lambda tx: None, NOTHING)


async def test_one_request_that_comes_many_times_at_once_is_done_once(
    database: Database, records: Records[Thing]
) -> None:
    def work(tx: Transaction) -> Thing:
        counter = records.find(tx.connection, "t1", "counter")
        if counter is None:
            return records.insert(tx.connection, "t1", "counter", Thing("counter", size=1))
        return records.update(tx.connection, "t1", "counter", Thing("counter", size=counter.size + 1))

    async def once() -> Thing:
        with serving(call(request_id="r1", fingerprint="f")):
            return await database.mutate(work, CODEC)

    answers = await asyncio.gather(*(once() for _ in range(10)))
    assert {answer.size for answer in answers} == {1}


async def test_concurrent_changes_lose_nothing(database: Database, records: Records[Thing]) -> None:
    await database.write(lambda tx: records.insert(tx.connection, "t1", "counter", Thing("counter")))

    def add_one(tx: Transaction) -> None:
        counter = records.get(tx.connection, "t1", "counter")
        changed = Thing("counter", size=counter.size + 1)
        records.update(tx.connection, "t1", "counter", changed, etag=counter.etag)

    await asyncio.gather(*(database.write(add_one) for _ in range(20)))
    assert (await database.read(lambda on: records.get(on, "t1", "counter"))).size == 20


async def test_every_mutation_is_audited(database: Database) -> None:
    served = call(method="/x/Delete")
    served.resource = "tenants/t1/things/a"
    with serving(served):
        await database.mutate(lambda tx: None, NOTHING)
    row = await database.read(lambda on: on.execute(select(database.tables.audit)).one())
    assert (row.tenant, row.subject, row.action, row.resource, row.traceparent) == (
        "t1",
        "tester",
        "/x/Delete",
        "tenants/t1/things/a",
        served.trace,
    )


async def test_two_replicas_may_start_at_one_time(database_url: str) -> None:
    async def start() -> None:
        async with opened(database_url) as (database, _):
            await database.ping()

    await asyncio.gather(*(start() for _ in range(4)))


async def test_a_database_that_is_away_is_unavailable() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", MetaData(), "core")
    with pytest.raises(Unavailable) as caught:
        await database.open()
    assert caught.value.reason == "DATABASE_UNAVAILABLE"
    await database.close()
