"""What every backend promises about environments."""

from __future__ import annotations

import signal

import psutil
import psycopg
import pytest
from place import Place
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError

from maestro_environment.domain.environment import ServiceKind
from maestro_environment.domain.ports import Observed

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_environment_comes_and_goes(place: Place) -> None:
    environment = place.planned()
    assert await place.backend.observe(environment) is Observed.ABSENT
    await place.backend.provision(environment)
    assert await place.backend.observe(environment) is Observed.READY
    assert environment.name in await place.backend.present()
    await place.backend.terminate(environment.name)
    assert await place.backend.observe(environment) is Observed.ABSENT
    assert environment.name not in await place.backend.present()


async def test_its_services_answer_those_who_know_the_secret(place: Place) -> None:
    environment = await place.environment(ServiceKind.POSTGRESQL, ServiceKind.REDIS)
    found = {entry.kind: entry for entry in await place.backend.connections(environment)}
    connection = await psycopg.AsyncConnection.connect(found[ServiceKind.POSTGRESQL].uri)
    async with connection:
        assert await (await connection.execute("SELECT 6 * 7")).fetchone() == (42,)
        await (await connection.execute("SELECT repeat('x', 1000000)")).fetchone()
    async with Redis.from_url(found[ServiceKind.REDIS].uri) as client:
        assert await client.ping()
    await place.backend.terminate(environment.name)


async def test_its_services_refuse_others(place: Place) -> None:
    environment = await place.environment(ServiceKind.POSTGRESQL, ServiceKind.REDIS)
    other = await place.environment(ServiceKind.POSTGRESQL, ServiceKind.REDIS)
    found = {entry.kind: entry for entry in await place.backend.connections(environment)}
    theirs = {entry.kind: entry for entry in await place.backend.connections(other)}
    for secret in (theirs[ServiceKind.POSTGRESQL].env["PGPASSWORD"], "first", ""):
        with pytest.raises(psycopg.OperationalError):
            await psycopg.AsyncConnection.connect(
                host="127.0.0.1",
                port=place.port(found[ServiceKind.POSTGRESQL]),
                user="maestro",
                password=secret,
                dbname="maestro",
            )
    stranger = Redis(port=place.port(found[ServiceKind.REDIS]), retry=Retry(NoBackoff(), 0))
    async with stranger:
        with pytest.raises(AuthenticationError):
            await stranger.ping()
    for name in (environment.name, other.name):
        await place.backend.terminate(name)


async def test_providing_again_changes_nothing(place: Place) -> None:
    environment = await place.environment(ServiceKind.REDIS)
    before = [connection.uri for connection in await place.backend.connections(environment)]
    await place.backend.provision(environment)
    assert [connection.uri for connection in await place.backend.connections(environment)] == before
    await place.backend.terminate(environment.name)
    await place.backend.terminate(environment.name)


async def test_a_service_that_died_is_seen_and_started_again_with_its_data_where_it_was(place: Place) -> None:
    environment = await place.environment(ServiceKind.POSTGRESQL)
    (connection,) = await place.backend.connections(environment)
    async with await psycopg.AsyncConnection.connect(connection.uri) as database:
        await database.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for process in place.processes(environment.name):
        process.signal(signal.SIGKILL)
    await place.reaches(environment, Observed.PARTIAL)
    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(connection.uri)
    await place.backend.provision(environment)
    async with await psycopg.AsyncConnection.connect(connection.uri) as database:
        assert await (await database.execute("SELECT answer FROM kept")).fetchone() == (42,)
    await place.backend.terminate(environment.name)


async def test_what_a_killed_launcher_left_suspended_holds_nothing_up(place: Place) -> None:
    environment = await place.environment(ServiceKind.POSTGRESQL)
    processes = [psutil.Process(found.pid) for found in place.processes(environment.name)]
    for process in processes:
        process.suspend()
    for process in processes:
        if any("launcher" in word for word in process.cmdline()):
            process.kill()
    await place.reaches(environment, Observed.PARTIAL)
    await place.backend.provision(environment)
    (connection,) = await place.backend.connections(environment)
    async with await psycopg.AsyncConnection.connect(connection.uri) as database:
        assert await (await database.execute("SELECT 1")).fetchone() == (1,)
    await place.backend.terminate(environment.name)
    assert not place.processes(environment.name)


async def test_the_end_of_an_environment_ends_its_connections(place: Place) -> None:
    environment = await place.environment(ServiceKind.REDIS)
    (connection,) = await place.backend.connections(environment)
    async with Redis.from_url(connection.uri, retry=Retry(NoBackoff(), 0)) as client:
        assert await client.ping()
        await place.backend.terminate(environment.name)
        with pytest.raises(RedisConnectionError):
            await client.ping()


async def test_a_kind_that_is_not_there_says_what_to_do(place: Place) -> None:
    for kind in set(ServiceKind) - place.backend.services:
        assert kind in place.backend.missing(kind)
