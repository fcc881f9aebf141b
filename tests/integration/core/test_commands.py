"""The second door: the same handler, the same rules, one answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from jobs import PARENT, Jobs, Seen, create
from redis.asyncio import Redis
from things import Thing, eventually

from maestro.environment.v1 import job_pb2
from maestro.events.v1 import events_pb2
from maestro_core.auth.tokens import Authority
from maestro_core.errors import Unavailable
from maestro_core.events.commands import Command, CommandDoor
from maestro_core.events.consumer import Entry
from maestro_core.events.envelope import JSON, PROTOBUF, Event
from maestro_core.events.relay import Relay
from maestro_core.events.streams import K8S_JOBS, K8S_RESULTS, K8S_STATUS, K8S_WORKERS, dead_letters
from maestro_core.identity import Principal, Role
from maestro_core.rpc.gate import Gate
from maestro_core.store.database import Database
from maestro_core.store.records import Records

CREATE = "/maestro.environment.v1.JobService/CreateJob"


@pytest.fixture
def jobs(database: Database, records: Records[Thing]) -> Jobs:
    return Jobs(database, records, Seen())


def door(database: Database, authority: Authority, redis_url: str, jobs: Jobs) -> CommandDoor:
    return CommandDoor(
        database,
        Gate(authority),
        redis_url,
        K8S_JOBS,
        K8S_WORKERS,
        K8S_RESULTS,
        [Command(job_pb2.CreateJobRequest, CREATE, jobs.CreateJob)],
        consumer="one",
        max_deliveries=3,
        first_retry=0.02,
    )


@pytest.fixture
async def opened_door(
    database: Database, authority: Authority, redis: Redis, redis_url: str, jobs: Jobs
) -> AsyncIterator[None]:
    async with Relay(database, redis), door(database, authority, redis_url, jobs):
        yield


def entry(
    request: Message, token: str | None, *, id: str = "command-1", content_type: str = PROTOBUF
) -> dict[str, bytes]:
    data = (
        json_format.MessageToJson(request).encode() if content_type == JSON else request.SerializeToString()
    )
    event = Event(
        id,
        "/a/producer",
        request.DESCRIPTOR.full_name,
        "",
        datetime.now(UTC),
        "t9",
        data,
        traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        content_type=content_type,
    )
    fields = event.to_fields()
    if token is not None:
        fields["token"] = token.encode()
    return fields


async def results(redis: Redis, count: int = 1) -> list[tuple[Event, events_pb2.CommandResult]]:
    async def there() -> bool:
        return bool(await redis.xlen(K8S_RESULTS) >= count)

    await eventually(there)
    events = [Event.from_fields(fields or {}) for _, fields in await redis.xrange(K8S_RESULTS)]
    return [(event, events_pb2.CommandResult.FromString(event.data)) for event in events]


async def letter(redis: Redis) -> dict[bytes, bytes]:
    async def there() -> bool:
        return bool(await redis.xlen(dead_letters(K8S_JOBS)))

    await eventually(there)
    [(_, fields)] = await redis.xrange(dead_letters(K8S_JOBS))
    return dict(fields)


@pytest.mark.usefixtures("opened_door")
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
async def test_a_command_is_done_and_answered(
    content_type: str, redis: Redis, authority: Authority, database: Database, records: Records[Thing]
) -> None:
    await redis.xadd(K8S_JOBS, entry(create("j1"), authority.for_tenant("t1"), content_type=content_type))
    [(event, result)] = await results(redis)
    assert (result.command_id, result.rpc) == ("command-1", CREATE)
    response = job_pb2.CreateJobResponse()
    assert result.response.Unpack(response)
    assert response.job.name == f"{PARENT}/jobs/j1"
    assert event.tenant == "t1", "the tenant is the token's, not the field's"
    assert event.traceparent.startswith("00-" + "a" * 32)
    assert await database.read(lambda on: records.get(on, "t1", "j1"))


@pytest.mark.usefixtures("opened_door")
async def test_a_command_that_comes_twice_is_done_once(redis: Redis, authority: Authority) -> None:
    fields = entry(create("j1"), authority.for_tenant("t1"))
    await redis.xadd(K8S_JOBS, fields)
    await redis.xadd(K8S_JOBS, fields)
    await redis.xadd(K8S_JOBS, entry(create("j2"), authority.for_tenant("t1"), id="command-2"))
    found = await results(redis, 2)
    assert [result.command_id for _, result in found] == ["command-1", "command-2"]
    assert await redis.xlen(K8S_STATUS) == 2


async def test_done_and_not_acknowledged_is_not_done_again(
    database: Database, authority: Authority, redis: Redis, redis_url: str, jobs: Jobs
) -> None:
    """As after a kill between the commit and the acknowledgement."""
    await redis.xgroup_create(K8S_JOBS, K8S_WORKERS, id="0", mkstream=True)
    await redis.xadd(K8S_JOBS, entry(create("j1"), authority.for_tenant("t1")))
    one = door(database, authority, redis_url, jobs)
    [[_, entries]] = await redis.xreadgroup(K8S_WORKERS, "one", {K8S_JOBS: ">"})
    await one.handle(Entry(entries[0][0].decode(), entries[0][1], 1, last=False))
    async with Relay(database, redis), one:
        await redis.xadd(K8S_JOBS, entry(create("j2"), authority.for_tenant("t1"), id="command-2"))
        found = await results(redis, 2)
    assert [result.WhichOneof("outcome") for _, result in found] == ["response", "response"]
    assert [result.command_id for _, result in found] == ["command-1", "command-2"]


@pytest.mark.usefixtures("opened_door")
@pytest.mark.parametrize(
    ("request_", "role", "code", "reason"),
    [
        (create("NOT AN ID"), Role.EDITOR, "INVALID_ARGUMENT", "VALIDATION_FAILED"),
        (create("j1"), Role.VIEWER, "PERMISSION_DENIED", "ROLE_MISSING"),
        (
            create("j1", parent="tenants/t2/environments/e1"),
            Role.EDITOR,
            "PERMISSION_DENIED",
            "TENANT_MISMATCH",
        ),
    ],
)
async def test_a_command_is_refused_as_the_rpc_would_be(
    request_: Message, role: Role, code: str, reason: str, redis: Redis, authority: Authority
) -> None:
    token = authority.issue(Principal("me", "t1", frozenset({role})), timedelta(minutes=1))
    await redis.xadd(K8S_JOBS, entry(request_, token))
    [(event, result)] = await results(redis)
    assert (result.failure.code, result.failure.reason) == (code, reason)
    assert event.tenant == "t1"
    assert await redis.xlen(K8S_STATUS) == 0


@pytest.mark.usefixtures("opened_door")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token": None}, b"TOKEN_MISSING"),
        ({"token": b"nonsense"}, b"TOKEN_INVALID"),
        ({"token": b"\xff"}, b"MALFORMED_ENTRY"),
        ({"type": b"maestro.environment.v1.DeleteEverything"}, b"UNKNOWN_COMMAND"),
        ({"data": b"\xff\xff"}, b"MALFORMED_DATA"),
        ({"data": b"{", "datacontenttype": JSON.encode()}, b"MALFORMED_DATA"),
        ({"datacontenttype": b"text/plain"}, b"MALFORMED_ENTRY"),
        ({"specversion": b"0.3"}, b"MALFORMED_ENTRY"),
        ({"id": b"\xff"}, b"MALFORMED_ENTRY"),
        ({"id": None}, b"MALFORMED_ENTRY"),
        ({"time": b"yesterday"}, b"MALFORMED_ENTRY"),
    ],
)
async def test_what_is_no_command_is_set_aside_and_stops_nobody(
    change: dict[str, bytes | None], reason: bytes, redis: Redis, authority: Authority
) -> None:
    fields = {**entry(create("j1"), authority.for_tenant("t1")), **change}
    await redis.xadd(K8S_JOBS, {name: value for name, value in fields.items() if value is not None})
    await redis.xadd(K8S_JOBS, entry(create("j2"), authority.for_tenant("t1"), id="command-2"))
    assert (await letter(redis))[b"dead_reason"] == reason
    [(_, result)] = await results(redis)
    assert result.command_id == "command-2"


@pytest.mark.usefixtures("opened_door")
async def test_a_token_must_have_been_valid_when_the_command_was_written(
    redis: Redis, authority: Authority
) -> None:
    expired = authority.issue(Principal("me", "t1", frozenset({Role.EDITOR})), timedelta(seconds=-60))
    await redis.xadd(K8S_JOBS, entry(create("j1"), expired))
    assert (await letter(redis))[b"dead_reason"] == b"TOKEN_EXPIRED"


async def test_a_command_that_waited_longer_than_its_token_lives_is_done(
    database: Database, authority: Authority, redis: Redis, redis_url: str, jobs: Jobs
) -> None:
    token = authority.issue(Principal("me", "t1", frozenset({Role.EDITOR})), timedelta(seconds=-60))
    written = int((datetime.now(UTC) - timedelta(seconds=90)).timestamp() * 1000)
    await redis.xadd(K8S_JOBS, entry(create("j1"), token), id=f"{written}-0")
    async with Relay(database, redis), door(database, authority, redis_url, jobs):
        [(_, result)] = await results(redis)
    assert result.WhichOneof("outcome") == "response"


@pytest.mark.usefixtures("opened_door")
async def test_what_is_away_for_a_moment_is_tried_again(
    redis: Redis, authority: Authority, jobs: Jobs
) -> None:
    jobs.failures = [Unavailable("not now", reason="AWAY"), ZeroDivisionError()]
    await redis.xadd(K8S_JOBS, entry(create("j1"), authority.for_tenant("t1")))
    [(_, result)] = await results(redis)
    assert result.WhichOneof("outcome") == "response"
    assert await redis.xlen(dead_letters(K8S_JOBS)) == 0


@pytest.mark.usefixtures("opened_door")
async def test_what_stays_away_is_answered_and_set_aside(
    redis: Redis, authority: Authority, jobs: Jobs
) -> None:
    jobs.failures = [Unavailable("not now", reason="AWAY") for _ in range(3)]
    await redis.xadd(K8S_JOBS, entry(create("j1"), authority.for_tenant("t1")))
    [(_, result)] = await results(redis)
    assert (result.failure.code, result.failure.reason) == ("UNAVAILABLE", "AWAY")
    assert (await letter(redis))[b"dead_reason"] == b"RETRIES_EXHAUSTED"


@pytest.mark.usefixtures("opened_door")
async def test_any_event_id_can_be_a_request_id(redis: Redis, authority: Authority) -> None:
    await redis.xadd(K8S_JOBS, entry(create("j1"), authority.for_tenant("t1"), id="x" * 500))
    [(_, result)] = await results(redis)
    assert result.command_id == "x" * 500
    assert result.WhichOneof("outcome") == "response"
