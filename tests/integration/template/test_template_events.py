"""Watches, the second door, usage, and what a restart finds."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from maestro.events.v1 import events_pb2
from maestro.template.v1 import template_pb2, template_pb2_grpc
from maestro_core.events.streams import TEMPLATE_REQUESTS, TEMPLATE_RESULTS, TEMPLATE_USAGE, dead_letters
from maestro_template.app import build
from maestro_template.backends.git.repository import GitRepository
from maestro_template.domain.model import File
from tests.channels import channel

PARENT = "tenants/t1"
NAME = "tenants/t1/templates/demo"


async def entries(redis_url, stream, wanted, *, kind=""):
    """The entries of a stream, once there are as many as wanted."""
    deadline = time.monotonic() + 10
    async with Redis.from_url(redis_url) as redis:
        while True:
            found = [fields for _, fields in await redis.xrange(stream)]
            found = [fields for fields in found if fields.get(b"type", b"").decode().endswith(kind)]
            if len(found) >= wanted or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.02)


async def send(redis_url, message, token, *, content_type="application/protobuf", data=None, event_id=""):
    fields = {
        "specversion": "1.0",
        "id": event_id or str(uuid.uuid4()),
        "source": "/test",
        "type": message.DESCRIPTOR.full_name,
        "subject": "",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": content_type,
        "data": message.SerializeToString() if data is None else data,
        "token": token,
    }
    async with Redis.from_url(redis_url) as redis:
        await redis.xadd(TEMPLATE_REQUESTS, fields)


async def results(redis_url, wanted):
    found = await entries(redis_url, TEMPLATE_RESULTS, wanted, kind="CommandResult")
    return [events_pb2.CommandResult.FromString(fields[b"data"]) for fields in found]


async def test_a_watch_goes_on_after_the_list_without_a_gap(stub, files):
    first = template_pb2.CreateTemplateRequest(parent=PARENT, files=files(template_id="before"))
    await stub.CreateTemplate(first)
    listed = await stub.ListTemplates(template_pb2.ListTemplatesRequest(parent=PARENT))
    await stub.CreateTemplate(template_pb2.CreateTemplateRequest(parent=PARENT, files=files()))
    await stub.DeleteTemplate(template_pb2.DeleteTemplateRequest(name=NAME))
    seen = []
    watch = stub.WatchTemplates(
        template_pb2.WatchTemplatesRequest(parent=PARENT, resume_token=listed.sequence)
    )
    async for response in watch:
        if response.HasField("change"):
            seen.append((response.change.template.name, response.change.deleted, response.sequence))
        if any(deleted for _, deleted, _ in seen):
            break
    watch.cancel()
    assert [(name, deleted) for name, deleted, _ in seen if name == NAME] == [(NAME, False), (NAME, True)]
    again = stub.WatchTemplates(template_pb2.WatchTemplatesRequest(parent=PARENT, resume_token=seen[-2][2]))
    async for response in again:
        if response.HasField("change"):
            assert (response.change.deleted, response.sequence) == (True, seen[-1][2])
            break
    again.cancel()


async def test_a_watch_shows_one_tenant_only(stub, connect, files):
    other = connect("t2").WatchTemplates(
        template_pb2.WatchTemplatesRequest(parent="tenants/t2", resume_token=0)
    )
    await stub.CreateTemplate(template_pb2.CreateTemplateRequest(parent=PARENT, files=files()))
    own = template_pb2.CreateTemplateRequest(parent="tenants/t2", files=files())
    await connect("t2").CreateTemplate(own)
    async for response in other:
        if response.HasField("change"):
            assert response.change.template.name == "tenants/t2/templates/demo"
            break
    other.cancel()


async def test_the_second_door_makes_and_renders(stub, files, redis_url, token):
    create = template_pb2.CreateTemplateRequest(parent=PARENT, files=files())
    for _ in range(2):
        await send(redis_url, create, token("t1"), event_id="create-1")
    await send(redis_url, template_pb2.RenderTemplateRequest(name=NAME), token("t1"))
    made, rendered = await results(redis_url, 2)
    answer = template_pb2.CreateTemplateResponse()
    assert made.response.Unpack(answer)
    assert (made.command_id, answer.template.name) == ("create-1", NAME)
    output = template_pb2.RenderTemplateResponse()
    assert rendered.response.Unpack(output)
    assert {file.path for file in output.files} == {"a.txt", ".maestro-answers.yml"}
    assert (await stub.GetTemplate(template_pb2.GetTemplateRequest(name=NAME))).template.version == "1.0.0"


async def test_the_second_door_is_guarded_like_the_first(address, files, redis_url, token):
    del address
    create = template_pb2.CreateTemplateRequest(parent=PARENT, files=files())
    data = json.dumps({"parent": "tenants/t1", "files": []})
    await send(redis_url, create, token("t2"))
    await send(redis_url, create, token("t1"), content_type="application/json", data=data)
    failures = {result.failure.reason for result in await results(redis_url, 2)}
    assert failures == {"TENANT_MISMATCH", "VALIDATION_FAILED"}
    await send(redis_url, create, "no token")
    await send(redis_url, create, token("t1", lifetime=timedelta(seconds=-60)))
    await send(redis_url, create, token("t1"), data=b"\xff\xff")
    assert len(await entries(redis_url, dead_letters(TEMPLATE_REQUESTS), 3)) == 3


async def test_each_rendering_is_told_on_the_usage_stream(stub, files, redis_url):
    await stub.CreateTemplate(template_pb2.CreateTemplateRequest(parent=PARENT, files=files()))
    await stub.RenderTemplate(template_pb2.RenderTemplateRequest(name=NAME))
    (told,) = await entries(redis_url, TEMPLATE_USAGE, 1)
    used = template_pb2.TemplateUsed.FromString(told[b"data"])
    assert (used.template, used.version, used.user) == (NAME, "1.0.0", "tester")
    assert told[b"tenant"] == b"t1"


@pytest.fixture
def client(token, settings):
    def make(address):
        return channel(address, lambda: token("t1"), settings)

    return make


async def test_a_restart_finds_everything_and_ships_nothing_twice(settings, client, files, redis_url):
    async with build(settings) as server, server, client(server.address) as opened:
        stub = template_pb2_grpc.TemplateServiceStub(opened)
        await stub.CreateTemplate(template_pb2.CreateTemplateRequest(parent=PARENT, files=files()))
    before = len(await entries(redis_url, TEMPLATE_RESULTS, 14))
    begin = time.perf_counter()
    async with build(settings) as server, server, client(server.address) as opened:
        started = time.perf_counter() - begin
        stub = template_pb2_grpc.TemplateServiceStub(opened)
        found = await stub.SearchTemplates(template_pb2.SearchTemplatesRequest(parent=PARENT, query="kites"))
        assert [hit.template.name for hit in found.hits] == [NAME]
        assert (await stub.RenderTemplate(template_pb2.RenderTemplateRequest(name=NAME))).version == "1.0.0"
    assert len(await entries(redis_url, TEMPLATE_RESULTS, before)) == before
    assert started < 10  # a fraction of it on an idle machine


async def test_a_commit_that_was_never_answered_is_withdrawn_at_the_next_start(settings, client, files):
    class LongAgo:
        def now(self):
            return datetime.now(UTC) - timedelta(hours=1)

    root = settings.data_dir / "template" / "git"
    folder = {file.path: File(file.content) for file in files()}
    repository = GitRepository(root, LongAgo())
    await repository.commit("t1", "demo", "1.0.0", folder, author="ghost", message="")
    async with build(settings) as server, server, client(server.address) as opened:
        stub = template_pb2_grpc.TemplateServiceStub(opened)
        for _ in range(500):
            if not await repository.versions("t1"):
                break
            await asyncio.sleep(0.01)
        assert await repository.versions("t1") == []
        other = template_pb2.CreateTemplateRequest(parent=PARENT, files=files({"files/b": "new"}))
        assert (await stub.CreateTemplate(other)).template.version == "1.0.0"
