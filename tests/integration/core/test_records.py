"""Records: paging, etags, and no way from one tenant to another."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from things import Thing, call

from maestro_core.context import serving
from maestro_core.errors import Aborted, AlreadyExists, InvalidArgument, NotFound, PermissionDenied
from maestro_core.store.database import Database
from maestro_core.store.records import Page, Records


async def fill(database: Database, records: Records[Thing], tenant: str, sizes: list[int]) -> None:
    def work(on: Connection) -> None:
        for number, size in enumerate(sizes):
            state = "EVEN" if size % 2 == 0 else "ODD"
            records.insert(on, tenant, f"{tenant}-{number:03}", Thing(f"{tenant}-{number:03}", state, size))

    await database.write(lambda tx: work(tx.connection))


async def page(database: Database, records: Records[Thing], token: str = "", **query: str) -> Page[Thing]:
    """Three items of tenant t1."""
    return await database.read(lambda on: records.list(on, "t1", page_size=3, page_token=token, **query))


async def walk(database: Database, records: Records[Thing], **query: str) -> list[Thing]:
    """Every page."""
    found: list[Thing] = []
    token = ""
    while True:
        some = await page(database, records, token, **query)
        found += some.items
        token = some.next_page_token
        if not token:
            return found


async def update(database: Database, records: Records[Thing], thing: Thing, etag: str = "") -> Thing:
    return await database.write(lambda tx: records.update(tx.connection, "t1", thing.id, thing, etag=etag))


async def test_a_record_lives(database: Database, records: Records[Thing]) -> None:
    made = await database.write(lambda tx: records.insert(tx.connection, "t1", "a", Thing("a")))
    assert made == Thing("a", etag="1")
    with pytest.raises(AlreadyExists):
        await database.write(lambda tx: records.insert(tx.connection, "t1", "a", Thing("a")))
    assert await update(database, records, Thing("a", "DONE"), "1") == Thing("a", "DONE", etag="2")
    for stale in ("1", "nonsense"):
        with pytest.raises(Aborted) as caught:
            await update(database, records, Thing("a"), stale)
        assert caught.value.reason == "ETAG_MISMATCH"
    with pytest.raises(Aborted):
        await database.write(lambda tx: records.delete(tx.connection, "t1", "a", etag="1"))
    await database.write(lambda tx: records.delete(tx.connection, "t1", "a", etag="2"))
    with pytest.raises(NotFound):
        await database.read(lambda on: records.get(on, "t1", "a"))
    with pytest.raises(NotFound):
        await update(database, records, Thing("a"))
    with pytest.raises(NotFound):
        await database.write(lambda tx: records.delete(tx.connection, "t1", "a"))


async def test_pages_give_everything_once_and_in_order(database: Database, records: Records[Thing]) -> None:
    sizes = [5, 3, 3, 8, 1, 3, 5, 2]
    await fill(database, records, "t1", sizes)
    assert [one.size for one in await walk(database, records, order_by="size")] == sorted(sizes)
    assert [one.size for one in await walk(database, records, order_by="size desc")] == sorted(sizes)[::-1]
    newest_first = [one.id for one in await walk(database, records)]
    assert newest_first == sorted(newest_first, reverse=True)
    assert len(set(newest_first)) == len(sizes)
    odd = await walk(database, records, filter='state = "ODD" AND size > 1', order_by="id")
    assert [one.size for one in odd] == [5, 3, 3, 3, 5]


async def test_a_page_token_is_for_its_own_list(database: Database, records: Records[Thing]) -> None:
    await fill(database, records, "t1", [1, 2, 3, 4])
    token = (await page(database, records)).next_page_token
    for other, query in (
        ("x", {}),
        ("e30=", {}),
        (token, {"filter": "size = 1"}),
        (token, {"order_by": "size"}),
    ):
        with pytest.raises(InvalidArgument) as caught:
            await page(database, records, other, **query)
        assert [one.field for one in caught.value.violations] == ["page_token"]


async def test_no_list_count_or_get_crosses_tenants(database: Database, records: Records[Thing]) -> None:
    await fill(database, records, "t1", [1, 2])
    await fill(database, records, "t2", [2, 4, 6])
    assert [one.id for one in await walk(database, records)] == ["t1-001", "t1-000"]
    assert await database.read(lambda on: records.count(on, "t1")) == 2
    assert await database.read(lambda on: records.count(on, "t1", where={"state": "EVEN"})) == 1
    assert await database.read(lambda on: records.find(on, "t1", "t2-000")) is None
    for attempt in ("tenant = t2", 'id = "x" OR tenant = "t2"'):
        with pytest.raises(InvalidArgument):
            await walk(database, records, filter=attempt)


async def test_a_call_cannot_even_name_another_tenant(database: Database, records: Records[Thing]) -> None:
    await fill(database, records, "t2", [1])
    with serving(call("t1")):
        for crossing in (
            lambda on: records.find(on, "t2", "t2-000"),
            lambda on: records.list(on, "t2"),
            lambda on: records.count(on, "t2"),
            lambda on: records.update(on, "t2", "t2-000", Thing("t2-000")),
            lambda on: records.delete(on, "t2", "t2-000"),
            lambda on: records.insert(on, "t2", "new", Thing("new")),
            lambda on: list(records.scan(on)),
        ):
            with pytest.raises(PermissionDenied) as caught:
                await database.read(crossing)
            assert caught.value.reason == "TENANT_MISMATCH"


async def test_background_work_sees_every_tenant(database: Database, records: Records[Thing]) -> None:
    await fill(database, records, "t1", [1])
    await fill(database, records, "t2", [2])
    seen = await database.read(lambda on: list(records.scan(on, where={"state": "EVEN"})))
    assert [(tenant, id) for tenant, id, _ in seen] == [("t2", "t2-000")]
