"""Tests that need a database or a cache: the Environment service gives them a real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from maestro.healing.v1 import healing_pb2

from .conftest import Caller, commit, write

STOCK = {
    "stock/__init__.py": """
        '''What is in stock.'''


        def put(connection, name, count):
            '''Note how many there are of something.'''
            connection.execute("CREATE TABLE IF NOT EXISTS stock (name text PRIMARY KEY, count int)")
            connection.execute("INSERT INTO stock VALUES (%s, %s)", (name, count))


        def count(connection, name):
            '''How many there are of something.'''
            return connection.execute("SELECT count FROM stock WHERE name = %s", (name,)).fetchone()[0]
    """,
    "tests/test_stock.py": """
        from stock import count, put


        def test_count(connection):
            put(connection, "apple", 3)
            assert count(connection, "apple") == 3
    """,
}
READS = """
    import os

    import psycopg
    import pytest


    @pytest.fixture
    def connection():
        url = os.environ.get("STOCK_DATABASE_URL", "postgresql://localhost:5432/stock")
        with psycopg.connect(url) as connection:
            yield connection
"""
FIXED = """
    import psycopg
    import pytest


    @pytest.fixture
    def connection():
        with psycopg.connect(host="localhost", dbname="stock") as connection:
            yield connection
"""
BASKET = {
    "basket.py": """
        def add(client, name):
            '''Put something into the basket.'''
            client.rpush("basket", name)


        def items(client):
            '''What is in the basket.'''
            return client.lrange("basket", 0, -1)
    """,
    "tests/test_basket.py": """
        import redis

        from basket import add, items


        def test_items():
            client = redis.Redis(host="localhost", port=6379, decode_responses=True)
            add(client, "apple")
            assert items(client) == ["apple"]
    """,
}
PROPOSED, HEALED, REFUSED = (
    healing_pb2.VERDICT_PROPOSED,
    healing_pb2.VERDICT_HEALED,
    healing_pb2.VERDICT_REFUSED,
)


async def heal(
    caller: Caller, projects: Path, files: dict[str, str], changed: dict[str, str] | None = None
) -> healing_pb2.TestHealing:
    """Heal a project of these files at base, some of which changed since."""
    folder = projects / "shop"
    write(folder, {**files, "pytest.ini": "[pytest]\n"})
    commit(folder)
    write(folder, {**(changed or {}), "later.txt": "later"})
    commit(folder)
    healing = await caller.heal(folder, base="HEAD~1", python=sys.executable)
    assert healing.state == healing_pb2.HEALING_STATE_COMPLETED, str(healing.failure)
    (found,) = healing.report.tests
    return found


@pytest.mark.slow
async def test_a_test_that_reads_its_database_from_a_variable_is_given_one(
    caller: Caller, projects: Path
) -> None:
    found = await heal(caller, projects, {**STOCK, "tests/conftest.py": READS})
    assert (found.verdict, found.strategy, found.diff) == (PROPOSED, "environment_healing", ""), found
    assert "STOCK_DATABASE_URL" in found.reason
    await caller.cleaned_up()


@pytest.mark.slow
async def test_a_bug_behind_a_missing_database_is_found(caller: Caller, projects: Path) -> None:
    bug = STOCK["stock/__init__.py"].replace("(name, count))", "(name, count - 1))")
    files = {**STOCK, "tests/conftest.py": READS}
    found = await heal(caller, projects, files, {"stock/__init__.py": bug})
    assert found.verdict in (PROPOSED, REFUSED, healing_pb2.VERDICT_UNHEALED), found
    assert "AssertionError" in found.failure or "assert" in found.failure, found
    assert "real one beside it" in " ".join(found.evidence), found


@pytest.mark.slow
async def test_an_address_that_stands_in_a_conftest_may_come_from_a_variable(
    caller: Caller, projects: Path
) -> None:
    found = await heal(caller, projects, {**STOCK, "tests/conftest.py": FIXED})
    assert (found.verdict, found.strategy) == (PROPOSED, "environment_healing"), found
    assert (
        '+    with psycopg.connect(os.environ.get("DATABASE_URL", "host=localhost dbname=stock"))'
        in found.diff
    )


@pytest.mark.slow
async def test_a_cache_is_given_too(caller: Caller, projects: Path) -> None:
    found = await heal(caller, projects, BASKET)
    assert (found.verdict, found.strategy) == (PROPOSED, "environment_healing"), found
    assert "redis.Redis.from_url(os.environ.get(" in found.diff
