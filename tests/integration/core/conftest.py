"""A database with one kind of records, and a connection to Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from things import Thing, opened

from maestro_core.events.connection import connect
from maestro_core.store.database import Database
from maestro_core.store.records import Records


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[tuple[Database, Records[Thing]]]:
    async with opened(database_url) as both:
        yield both


@pytest.fixture
def database(store: tuple[Database, Records[Thing]]) -> Database:
    return store[0]


@pytest.fixture
def records(store: tuple[Database, Records[Thing]]) -> Records[Thing]:
    return store[1]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with connect(redis_url) as client:
        yield client
