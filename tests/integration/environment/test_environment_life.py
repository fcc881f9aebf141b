"""EnvironmentService over gRPC: life, expiry, quotas, watching, the command stream, and restarts."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from environment_client import Client
from redis.asyncio import Redis

from maestro.environment.v1 import environment_pb2, job_pb2, limits_pb2
from maestro.events.v1 import events_pb2
from maestro_core.events.streams import K8S_JOBS, K8S_RESULTS, K8S_STATUS
from maestro_core.identity import Role
from maestro_core.settings import Settings
from maestro_environment.app import build
from tests.channels import channel

READY = environment_pb2.ENVIRONMENT_STATE_READY
TERMINATED = environment_pb2.ENVIRONMENT_STATE_TERMINATED


async def test_from_creation_to_deletion(client: Client, settings: Settings) -> None:
    environment = await client.environment((environment_pb2.SERVICE_KIND_REDIS,), environment_id="mine")
    assert environment.name == "tenants/t1/environments/mine"
    assert environment.owner == "tester"
    life = environment.expire_time.ToDatetime() - environment.create_time.ToDatetime()
    assert life == timedelta(minutes=60)
    assert environment.connections[0].uri.startswith("redis://")
    listed = await client.environments.ListEnvironments(
        environment_pb2.ListEnvironmentsRequest(parent="tenants/t1", filter='state = "READY"')
    )
    assert [entry.name for entry in listed.environments] == [environment.name]
    assert not listed.environments[0].connections
    deleted = await client.environments.DeleteEnvironment(
        environment_pb2.DeleteEnvironmentRequest(name=environment.name)
    )
    assert deleted.environment.state == environment_pb2.ENVIRONMENT_STATE_TERMINATING
    gone = await client.reaches(environment.name, TERMINATED)
    assert not gone.connections
    assert not list((settings.data_dir / "environment" / "environments").glob("*/*"))
    again = await client.environments.DeleteEnvironment(
        environment_pb2.DeleteEnvironmentRequest(name=environment.name)
    )
    assert again.environment.state == TERMINATED


async def test_an_environment_expires_unless_it_is_extended(client: Client) -> None:
    short = timedelta(seconds=2)
    expiring = await client.environment(ttl=short)
    extended = await client.environment(ttl=short)
    answer = await client.environments.ExtendEnvironment(
        environment_pb2.ExtendEnvironmentRequest(name=extended.name, ttl=timedelta(minutes=5))
    )
    job = await client.start(expiring.name, "sleep", "60")
    await client.reaches(expiring.name, TERMINATED, seconds=10)
    still = await client.reaches(extended.name, READY)
    assert still.expire_time == answer.environment.expire_time
    ended = await client.ended(job.name)
    assert ended.state == job_pb2.JOB_STATE_CANCELLED
    assert ended.failure.reason == "ENVIRONMENT_ENDED"
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.environments.ExtendEnvironment(
            environment_pb2.ExtendEnvironmentRequest(name=expiring.name, ttl=timedelta(minutes=5))
        )
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_what_can_not_be_had(client: Client) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.environment((environment_pb2.SERVICE_KIND_MONGODB,))
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "MONGODB" in str(raised.value.details())
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.environment((environment_pb2.SERVICE_KIND_REDIS,) * 2)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    tiny = limits_pb2.ResourceLimits(processes=1, cpu_millis=1)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.environment(spec=environment_pb2.EnvironmentSpec(limits=tiny))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "processes" in (told := str(raised.value.trailing_metadata()))
    assert "cpu_millis" in told
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.environment(ttl=timedelta(days=3))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    environment = await client.environment()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.environments.ExtendEnvironment(
            environment_pb2.ExtendEnvironmentRequest(name=environment.name, ttl=timedelta(days=2))
        )
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.environments.DeleteEnvironment(
            environment_pb2.DeleteEnvironmentRequest(name=environment.name, etag="0")
        )
    assert raised.value.code() is grpc.StatusCode.ABORTED


async def test_a_watcher_sees_every_change_and_can_go_on_later(client: Client) -> None:
    listed = await client.environments.ListEnvironments(
        environment_pb2.ListEnvironmentsRequest(parent="tenants/t1")
    )
    environment = await client.environment()
    await client.run(environment.name, "true")
    request = environment_pb2.WatchEnvironmentsRequest(
        parent="tenants/t1", environment=environment.name, resume_token=listed.sequence
    )
    seen: list[tuple[str, int]] = []
    numbers: list[int] = []
    async for change in client.environments.WatchEnvironments(request):
        kind = change.WhichOneof("change")
        if kind is not None:
            numbers.append(change.sequence)
            seen.append((kind, change.environment.state or change.job.state))
        if seen[-1:] == [("job", job_pb2.JOB_STATE_SUCCEEDED)]:
            break
    assert seen == [
        ("environment", environment_pb2.ENVIRONMENT_STATE_PENDING),
        ("environment", environment_pb2.ENVIRONMENT_STATE_PROVISIONING),
        ("environment", READY),
        ("job", job_pb2.JOB_STATE_PENDING),
        ("job", job_pb2.JOB_STATE_RUNNING),
        ("job", job_pb2.JOB_STATE_SUCCEEDED),
    ]
    request.resume_token = numbers[-2]
    stream = client.environments.WatchEnvironments(request)
    async for change in stream:
        if change.WhichOneof("change"):
            assert change.sequence == numbers[-1]
            break


@pytest.fixture
def leftover(settings: Settings) -> Path:
    """What lies there before the service starts."""
    folder = settings.data_dir / "environment" / "environments" / "t1" / "leftover"
    folder.mkdir(parents=True)
    return folder


async def test_clean_up_first_says_and_then_does(
    leftover: Path, connect: Callable[..., Client], settings: Settings
) -> None:
    async with asyncio.timeout(20):
        while leftover.exists():  # the service tidies up by itself once it has started
            await asyncio.sleep(0.01)
    admin = connect("t1", Role.ADMIN)
    orphan = settings.data_dir / "environment" / "environments" / "t1" / "orphan"
    foreign = settings.data_dir / "environment" / "environments" / "t2" / "foreign"
    for folder in (orphan, foreign):
        folder.mkdir(parents=True)
    request = environment_pb2.CleanupExpiredRequest(parent="tenants/t1", dry_run=True)
    assert (await admin.environments.CleanupExpired(request)).orphans == ["tenants/t1/environments/orphan"]
    assert orphan.is_dir()
    request.dry_run = False
    assert (await admin.environments.CleanupExpired(request)).orphans == ["tenants/t1/environments/orphan"]
    assert not orphan.exists()
    assert foreign.is_dir()


async def test_capacity_says_what_is_enforced(client: Client) -> None:
    environment = await client.environment()
    answer = await client.environments.GetCapacity(environment_pb2.GetCapacityRequest(parent="tenants/t1"))
    assert answer.capacity.backend == "local"
    assert answer.capacity.environments == 1
    assert environment_pb2.SERVICE_KIND_POSTGRESQL in answer.capacity.services
    assert answer.capacity.isolation == environment.isolation
    assert answer.capacity.isolation.memory != environment_pb2.ENFORCEMENT_UNSPECIFIED


async def test_tenants_do_not_meet(connect: Callable[..., Client]) -> None:
    mine, theirs = connect("t1"), connect("t2")
    environment = await mine.environment()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await theirs.environments.GetEnvironment(environment_pb2.GetEnvironmentRequest(name=environment.name))
    assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED
    listed = await theirs.environments.ListEnvironments(
        environment_pb2.ListEnvironmentsRequest(parent="tenants/t2")
    )
    assert not listed.environments


async def test_the_command_stream_ends_in_the_same_use_case(
    client: Client, redis_url: str, token: Callable[..., str]
) -> None:
    environment = await client.environment()
    request = job_pb2.CreateJobRequest(parent=environment.name, spec=job_pb2.JobSpec(command=["true"]))
    entry = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/test",
        "type": request.DESCRIPTOR.full_name,
        "datacontenttype": "application/protobuf",
        "time": "2026-01-01T00:00:00Z",
        "data": request.SerializeToString(),
        "token": token(),
    }
    async with Redis.from_url(redis_url) as redis:
        await redis.xadd(K8S_JOBS, entry)
        deadline = time.monotonic() + 20
        jobs: list[job_pb2.Job] = []
        while not any(job.state == job_pb2.JOB_STATE_SUCCEEDED for job in jobs):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
            jobs = list((await client.jobs.ListJobs(job_pb2.ListJobsRequest(parent=environment.name))).jobs)
        assert len(jobs) == 1
        types: set[bytes] = set()
        while not {b"maestro.events.v1.CommandResult", b"maestro.environment.v1.Job"} <= types:
            assert time.monotonic() < deadline
            types = {fields[b"type"] for _, fields in await redis.xrange(K8S_RESULTS)}
        statuses = [fields[b"type"] for _, fields in await redis.xrange(K8S_STATUS)]
        assert statuses.count(b"maestro.environment.v1.Job") == 3
        assert events_pb2.CommandResult.DESCRIPTOR.full_name.encode() in types


async def test_a_service_that_stops_hands_its_work_to_the_next(
    settings: Settings, token: Callable[..., str]
) -> None:
    async def meet(address: str) -> Client:
        from maestro.environment.v1 import environment_pb2_grpc, job_pb2_grpc

        opened = channel(address, token, settings)
        return Client(
            environment_pb2_grpc.EnvironmentServiceStub(opened), job_pb2_grpc.JobServiceStub(opened), "t1"
        )

    async with build(settings) as server, server:
        client = await meet(server.address)
        environment = await client.environment((environment_pb2.SERVICE_KIND_REDIS,))
        script = "test -e {cache.c}/once || { touch {cache.c}/once; echo up; sleep 60; }"
        cache = job_pb2.CacheMount(name="c", writable=True)
        job = await client.start(environment.name, "sh", "-c", script, caches=[cache])
        await client.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=job.name, follow=True)).read()
    async with build(settings) as server, server:
        client = await meet(server.address)
        ended = await client.ended(job.name)
        assert (ended.state, ended.attempts) == (job_pb2.JOB_STATE_SUCCEEDED, 2)
        again = await client.reaches(environment.name, READY)
        async with Redis.from_url(again.connections[0].uri) as redis:
            assert await redis.ping()
