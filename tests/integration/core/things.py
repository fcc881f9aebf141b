"""A small resource kind that the core's tests store, list and publish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import cast

from google.protobuf.wrappers_pb2 import StringValue
from redis.asyncio import Redis
from sqlalchemy import MetaData

from maestro_core.context import Call
from maestro_core.identity import Principal, Role
from maestro_core.store.codec import Codec, Document
from maestro_core.store.database import Database
from maestro_core.store.records import Records
from maestro_core.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Thing:
    id: str
    state: str = "NEW"
    size: int = 0
    etag: str = ""


def _decode(document: Document) -> Thing:
    return Thing(
        id=str(document["id"]),
        state=str(document["state"]),
        size=cast("int", document["size"]),
        etag=str(document["etag"]),
    )


CODEC = Codec(encode=asdict, decode=_decode)


def things(metadata: MetaData) -> Records[Thing]:
    return Records("things", metadata, CODEC, columns={"state": str, "size": int})


@asynccontextmanager
async def opened(url: str, schema: str = "core") -> AsyncIterator[tuple[Database, Records[Thing]]]:
    metadata = MetaData()
    records = things(metadata)
    async with Database(url, metadata, schema) as database:
        yield database, records


def call(tenant: str = "t1", *, request_id: str = "", fingerprint: str = "", method: str = "/x/Y") -> Call:
    """A call that an editor of this tenant makes."""
    principal = Principal("tester", tenant, frozenset({Role.EDITOR}))
    return Call(method=method, principal=principal, request_id=request_id, fingerprint=fingerprint)


async def emit(database: Database, stream: str, *texts: str, tenant: str = "t1") -> None:
    """Commit an event for each text."""

    def work(transaction: Transaction) -> None:
        for text in texts:
            transaction.emit(stream, StringValue(value=text), tenant=tenant, subject=f"tenants/{tenant}")

    await database.write(work)


def text_of(data: bytes) -> str:
    return StringValue.FromString(data).value


async def cut_off(redis: Redis) -> None:
    """Break every other connection to this test's database, and to no other test's."""
    own = await redis.client_info()
    clients = [one for one in await redis.client_list() if one["db"] == str(own["db"])]
    others = [one["id"] for one in clients if one["id"] != str(own["id"])]
    assert others
    for number in others:
        await redis.client_kill_filter(_id=number)


async def eventually(condition: Callable[[], Awaitable[bool]], *, timeout: float = 30) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + timeout
    while not await condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)
