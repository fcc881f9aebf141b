"""The second door: commands on a stream end where the RPCs do, and are answered on the result stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis.asyncio
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from maestro.events.v1 import events_pb2
from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_core.events.streams import AUTOMATION_ERRORS, AUTOMATION_RESULTS, dead_letters
from maestro_core.identity import Role

from .conftest import Caller, write
from .monitoring import create, reaches, watching

RESULT = events_pb2.CommandResult.DESCRIPTOR.full_name


class Door:
    """Writes entries as an outside producer does, and reads what becomes of them."""

    def __init__(self, client: redis.asyncio.Redis, token: Callable[..., str]) -> None:
        self._client = client
        self.token = token

    async def put(self, message: Message, id: str, token: str | None = None, **fields: str | bytes) -> None:
        """Put a command on the stream."""
        entry: dict[str, str | bytes] = {
            "specversion": "1.0",
            "id": id,
            "source": "/test",
            "time": datetime.now(UTC).isoformat(),
            "type": message.DESCRIPTOR.full_name,
            "datacontenttype": "application/protobuf",
            "data": message.SerializeToString(),
            "token": self.token() if token is None else token,
            **fields,
        }
        await self._client.xadd(AUTOMATION_ERRORS, entry)

    async def results(self, *ids: str) -> dict[str, list[events_pb2.CommandResult]]:
        """The results of commands, once each has one."""
        async with asyncio.timeout(30):
            while True:
                found: dict[str, list[events_pb2.CommandResult]] = {id: [] for id in ids}
                for _, fields in await self._client.xrange(AUTOMATION_RESULTS):
                    if fields[b"type"].decode() == RESULT:
                        result = events_pb2.CommandResult.FromString(fields[b"data"])
                        found.setdefault(result.command_id, []).append(result)
                if all(found[id] for id in ids):
                    return found
                await asyncio.sleep(0.05)

    async def dead(self, count: int) -> dict[str, str]:
        """Ids and reasons of so many entries that were set aside."""
        async with asyncio.timeout(30):
            while True:
                letters = await self._client.xrange(dead_letters(AUTOMATION_ERRORS))
                if len(letters) >= count:
                    return {
                        fields.get(b"id", b"").decode(): fields[b"dead_reason"].decode()
                        for _, fields in letters
                    }
                await asyncio.sleep(0.05)


@pytest.fixture
async def door(redis_url: str, token: Callable[..., str]) -> AsyncIterator[Door]:
    """The door of this test's service."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        yield Door(client, token)


@pytest.fixture
def command(caller: Caller, projects: Path) -> healing_pb2.CreateHealingRequest:
    """Asks for a healing that ends soon."""
    write(projects / "none", {"a.py": "x = 1\n"})
    return healing_pb2.CreateHealingRequest(
        parent=caller.parent,
        healing_id="asked-twice",
        spec=healing_pb2.HealingSpec(path=str(projects / "none"), python=str(caller.python)),
    )


async def test_both_doors_lead_to_one_healing(
    caller: Caller, door: Door, command: healing_pb2.CreateHealingRequest
) -> None:
    """However often and by whichever of them the same is asked for; each command has one result."""
    await door.put(command, "one")
    await door.put(command, "one")
    name = f"{caller.parent}/healings/asked-twice"
    created = (await door.results("one"))["one"][0]
    answer = healing_pb2.CreateHealingResponse()
    created.response.Unpack(answer)
    assert answer.healing.name == name
    again = healing_pb2.CreateHealingRequest()
    again.CopyFrom(command)
    again.request_id = "one"
    assert (await caller.maestro.healing.CreateHealing(again)).healing.name == name
    assert (await caller.ended(name)).failure.reason == "NO_TESTS"
    await door.put(healing_pb2.CancelHealingRequest(name=name), "stop")
    found = await door.results("one", "stop")
    assert [len(found[id]) for id in ("one", "stop")] == [1, 1]
    page = healing_pb2.ListHealingsRequest(parent=caller.parent)
    assert len((await caller.maestro.healing.ListHealings(page)).healings) == 1


async def test_a_command_is_refused_as_its_call_would_be(
    caller: Caller, door: Door, command: healing_pb2.CreateHealingRequest
) -> None:
    """With the reason of the call; the group goes on, and no healing is made."""
    foreign, invalid, odd = (healing_pb2.CreateHealingRequest() for _ in range(3))
    for request in (foreign, invalid, odd):
        request.CopyFrom(command)
    foreign.parent, odd.spec.path = "tenants/t2", "/etc"
    invalid.healing_id = "Not A Name"
    await door.put(foreign, "foreign")
    await door.put(invalid, "invalid")
    await door.put(odd, "odd")
    await door.put(command, "reader", door.token("t1", Role.VIEWER))
    found = {"subject": "test_a", "kind": monitor_pb2.ERROR_KIND_TEST}
    await door.put(monitor_pb2.ErrorFound(**found, monitor="tenants/t1/monitors/none"), "nobody")
    await door.put(monitor_pb2.ErrorFound(**found, monitor="tenants/t2/monitors/m"), "theirs")
    await door.put(monitor_pb2.ErrorFound(**found, monitor="m"), "nameless")
    results = await door.results("foreign", "invalid", "odd", "reader", "nobody", "theirs", "nameless")
    assert {id: (one.failure.code, one.failure.reason) for id, (one,) in results.items()} == {
        "foreign": ("PERMISSION_DENIED", "TENANT_MISMATCH"),
        "invalid": ("INVALID_ARGUMENT", "VALIDATION_FAILED"),
        "odd": ("PERMISSION_DENIED", "PATH_NOT_ALLOWED"),
        "reader": ("PERMISSION_DENIED", "ROLE_MISSING"),
        "nobody": ("NOT_FOUND", "NOT_FOUND"),
        "theirs": ("PERMISSION_DENIED", "TENANT_MISMATCH"),
        "nameless": ("INVALID_ARGUMENT", "NAME_INVALID"),
    }
    assert [one.field for one in results["invalid"][0].failure.violations] == ["healing_id"]
    page = healing_pb2.ListHealingsRequest(parent=caller.parent)
    assert not (await caller.maestro.healing.ListHealings(page)).healings


async def test_an_error_that_no_policy_asks_for_is_taken_and_nothing_comes_of_it(
    caller: Caller, door: Door, projects: Path
) -> None:
    """No monitor, one that does not heal, or another kind: each is answered, and no healing is made."""
    write(projects / "none", {"a.py": "x = 1\n"})
    silent = await create(caller, "LINT", id="silent", path=str(projects / "none"))
    healing = await create(caller, "LINT", id="healing", heal=True, path=str(projects / "none"))
    test, lint = monitor_pb2.ERROR_KIND_TEST, monitor_pb2.ERROR_KIND_LINT
    await door.put(monitor_pb2.ErrorFound(subject="test_a", kind=test), "anywhere")
    await door.put(monitor_pb2.ErrorFound(subject="test_a", kind=test, monitor=silent.name), "silent")
    await door.put(monitor_pb2.ErrorFound(subject="a.py", kind=lint, monitor=healing.name), "lint")
    await door.put(monitor_pb2.ErrorFound(subject="a.py", monitor=healing.name), "kindless")
    results = await door.results("anywhere", "silent", "lint", "kindless")
    assert {one.response.TypeName() for (one,) in results.values()} == {"google.protobuf.Empty"}
    page = healing_pb2.ListHealingsRequest(parent=caller.parent)
    assert not (await caller.maestro.healing.ListHealings(page)).healings


async def test_an_outside_producer_s_error_is_healed_once_under_the_monitor_s_policy(
    caller: Caller, door: Door, projects: Path
) -> None:
    """Told twice, or in JSON: one healing, of the test that it names."""
    write(projects / "p", {"test_a.py": "def test_a():\n    assert True\n"})
    monitor = await create(caller, "LINT", heal=True, path=str(projects / "p"))
    error = monitor_pb2.ErrorFound(
        kind=monitor_pb2.ERROR_KIND_TEST, monitor=monitor.name, revision="r1", subject="test_a.py::test_a"
    )
    async with watching(caller) as found:
        await door.put(error, "first")
        await door.put(error, "second", datacontenttype="application/json", data=MessageToJson(error))
        results = await door.results("first", "second")
        assert len(await found.count(2)) == 2
    names = set()
    for (one,) in results.values():
        answer = healing_pb2.CreateHealingResponse()
        assert one.response.Unpack(answer), one
        names.add(answer.healing.name)
    (name,) = names
    ended = await caller.ended(name)
    assert list(ended.spec.tests) == ["test_a.py::test_a"]
    over = await reaches(caller, monitor.name, lambda now: bool(now.healings and now.healings[0].outcome))
    assert [one.healing for one in over.healings] == [name]
    assert over.healings[0].outcome.startswith("Nothing is HEALED")


async def test_what_is_no_command_is_set_aside_and_stops_nobody(
    caller: Caller, door: Door, command: healing_pb2.CreateHealingRequest
) -> None:
    """With its reason; what comes after it is carried out."""
    await door.put(command, "garbage", data=b"\xff\xff")
    await door.put(command, "no-json", datacontenttype="application/json", data="{")
    await door.put(command, "unknown", type="maestro.healing.v1.Nothing")
    await door.put(command, "stranger", token="")
    await door.put(command, "forged", token="a.b.c")
    await door.put(command, "time", time="yesterday")
    await door.put(command, "good")
    letters = await door.dead(6)
    assert letters["garbage"] == letters["no-json"] == "MALFORMED_DATA"
    assert letters["unknown"] == "UNKNOWN_COMMAND"
    assert letters["stranger"] == "TOKEN_MISSING"
    assert set(letters) == {"garbage", "no-json", "unknown", "stranger", "forged", "time"}
    assert all(letters.values())
    assert (await door.results("good"))["good"][0].WhichOneof("outcome") == "response"
    assert (await caller.ended(f"{caller.parent}/healings/asked-twice")).failure.reason == "NO_TESTS"
