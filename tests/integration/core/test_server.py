"""The server as its callers see it: every shape of call, every way to be refused, and the stop."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from jobs import PARENT, Environments, Jobs, Seen, create, services
from redis.asyncio import Redis
from things import Thing, eventually

from maestro.environment.v1 import environment_pb2, environment_pb2_grpc, job_pb2, job_pb2_grpc
from maestro_core.auth.tokens import Authority
from maestro_core.events.hub import Hub
from maestro_core.events.relay import Relay
from maestro_core.events.streams import K8S_STATUS
from maestro_core.identity import Role
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server
from maestro_core.rpc.status import DETAILS_KEY
from maestro_core.settings import Settings
from maestro_core.store.database import Database
from maestro_core.store.records import Records
from tests.channels import channel

CREATE = "/maestro.environment.v1.JobService/CreateJob"
JOBS = f"{PARENT}/jobs"
Token = Callable[..., str]
# A client in a process of its own, which a test can suspend.
ASK = """
import sys, grpc
from maestro.environment.v1 import job_pb2, job_pb2_grpc
address, token, name = sys.argv[1:]
with grpc.insecure_channel(address) as channel:
    job_pb2_grpc.JobServiceStub(channel).GetJob(
        job_pb2.GetJobRequest(name=name), timeout=3, metadata=[("authorization", token)]
    )
"""


@dataclass
class Running:
    """A server that runs, and clients of it: an editor of tenant t1, and nobody."""

    server: Server
    seen: Seen
    jobs: job_pb2_grpc.JobServiceStub
    environments: environment_pb2_grpc.EnvironmentServiceStub
    raw: grpc.aio.Channel
    healthy: list[bool]


@pytest.fixture
async def running(
    settings: Settings,
    database: Database,
    records: Records[Thing],
    redis: Redis,
    redis_url: str,
    authority: Authority,
    token: Token,
) -> AsyncIterator[Running]:
    seen = Seen()
    healthy = [True]

    async def check() -> None:
        if not healthy[0]:
            raise ConnectionError

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(Relay(database, redis))
        hub = await stack.enter_async_context(Hub(redis_url, K8S_STATUS, bookmark_interval=0.2))
        offered = services(Jobs(database, records, seen), Environments(hub))
        server = Server(
            settings.model_copy(update={"default_deadline": 5.0, "write_timeout": 0.3, "stop_grace": 60.0}),
            "environment",
            offered,
            gate=Gate(authority),
            checks={"database": database.ping, "redis": redis.ping, "switch": check},
        )
        await stack.enter_async_context(server)
        client = channel(server.address, lambda: token("t1"), settings)
        raw = grpc.aio.insecure_channel(server.address)
        yield Running(
            server,
            seen,
            job_pb2_grpc.JobServiceStub(client),
            environment_pb2_grpc.EnvironmentServiceStub(client),
            raw,
            healthy,
        )
        await client.close(0)
        await raw.close(0)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


async def refused(call: grpc.aio.UnaryUnaryCall) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def rest(stream: grpc.aio.UnaryStreamCall) -> list[Message]:
    """Everything that still comes."""
    found = []
    while (message := await stream.read()) is not grpc.aio.EOF:
        found.append(message)
    return found


def detail(error: grpc.aio.AioRpcError, kind: type[Message]) -> Message:
    """The detail of this kind in the rich status."""
    found = kind()
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            for packed in status_pb2.Status.FromString(value).details:
                if packed.Unpack(found):
                    return found
    raise AssertionError(f"no {kind.DESCRIPTOR.name} in {error!r}")


def reason(error: grpc.aio.AioRpcError) -> str:
    info = detail(error, error_details_pb2.ErrorInfo)
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.domain == "maestro"
    return info.reason


async def test_all_four_shapes(running: Running, database: Database) -> None:
    created = await running.jobs.CreateJob(create("j1"))
    assert created.job.name == f"{JOBS}/j1"

    async def upload() -> AsyncIterator[job_pb2.UploadWorkspaceRequest]:
        yield job_pb2.UploadWorkspaceRequest(header=job_pb2.WorkspaceHeader(parent="tenants/t1"))
        yield job_pb2.UploadWorkspaceRequest(data=b"12345")

    assert (await running.jobs.UploadWorkspace(upload())).workspace.size_bytes == 5
    logs = running.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=f"{JOBS}/j1"))
    assert [piece.offset async for piece in logs] == list(range(1000))
    tunnel = running.environments.OpenTunnel()
    for data in (b"a", b"b"):
        await tunnel.write(environment_pb2.OpenTunnelRequest(data=data))
        assert (await tunnel.read()).data == data
    await tunnel.done_writing()
    assert await tunnel.read() is grpc.aio.EOF


@pytest.mark.parametrize("body", [b"", b"\xff\xff\xff", create("BAD").SerializeToString()])
async def test_a_stranger_learns_nothing(running: Running, token: Token, body: bytes) -> None:
    """Not which RPCs there are or are built, nor which requests would be valid."""
    expired = token(lifetime=timedelta(seconds=-10))
    for method in (CREATE, "/maestro.environment.v1.JobService/ListJobs", "/maestro.nothing/Nothing"):
        for metadata, why in (
            ((), "TOKEN_MISSING"),
            ((("authorization", "Basic eDp5"),), "TOKEN_MISSING"),
            (bearer("nonsense"), "TOKEN_INVALID"),
            (bearer(expired), "TOKEN_EXPIRED"),
            (bearer(Authority(b"another key of at least 32 bytes").for_tenant("t1")), "TOKEN_INVALID"),
        ):
            error = await refused(running.raw.unary_unary(method)(body, metadata=metadata))
            assert (error.code(), reason(error)) == (grpc.StatusCode.UNAUTHENTICATED, why)


async def test_a_stranger_gets_no_stream_either(running: Running) -> None:
    stub = environment_pb2_grpc.EnvironmentServiceStub(running.raw)
    watch = stub.WatchEnvironments(environment_pb2.WatchEnvironmentsRequest(parent="tenants/t1"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(watch))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_health_and_reflection_are_open(running: Running) -> None:
    stub = health_pb2_grpc.HealthStub(running.raw)
    for service in ("", "maestro.environment.v1.JobService", "maestro.environment.v1.EnvironmentService"):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING

    def ask() -> list[str]:
        with grpc.insecure_channel(running.server.address) as plain:
            return list(ProtoReflectionDescriptorDatabase(plain).get_services())

    listed = await asyncio.to_thread(ask)
    assert {"maestro.environment.v1.JobService", "grpc.health.v1.Health"} <= set(listed)


async def test_health_follows_what_the_service_needs(running: Running) -> None:
    stub = health_pb2_grpc.HealthStub(running.raw)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="maestro.environment.v1.JobService"))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    running.healthy[0] = False
    async with asyncio.timeout(30):
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        running.healthy[0] = True
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING


async def test_a_role_that_is_too_low_is_refused(running: Running, token: Token) -> None:
    stub = job_pb2_grpc.JobServiceStub(running.raw)
    viewer = bearer(token("t1", Role.VIEWER))
    await stub.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/j1"), metadata=viewer)
    error = await refused(stub.CreateJob(create("j1"), metadata=viewer))
    assert (error.code(), reason(error)) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")


async def test_a_bad_request_tells_every_field(running: Running) -> None:
    request = job_pb2.CreateJobRequest(parent="tenants/t1", job_id="NOT AN ID")
    error = await refused(running.jobs.CreateJob(request))
    assert (error.code(), reason(error)) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    bad = detail(error, error_details_pb2.BadRequest)
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert [one.field for one in bad.field_violations] == ["parent", "job_id", "spec"]
    assert all(one.description for one in bad.field_violations)


async def test_violations_name_the_path_of_the_field(running: Running) -> None:
    request = create("j1")
    request.spec.env["not a name"] = "x"
    error = await refused(running.jobs.CreateJob(request))
    bad = detail(error, error_details_pb2.BadRequest)
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert [one.field for one in bad.field_violations] == ['spec.env["not a name"]']


async def test_bytes_that_are_no_message_are_a_bad_request(running: Running, token: Token) -> None:
    error = await refused(running.raw.unary_unary(CREATE)(b"\xff\xff\xff", metadata=bearer(token())))
    assert (error.code(), reason(error)) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")
    not_utf8 = b"\x0a\x02\xff\xfe"
    error = await refused(running.raw.unary_unary(CREATE)(not_utf8, metadata=bearer(token())))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_another_tenants_names_are_refused(running: Running) -> None:
    theirs = PARENT.replace("t1", "t2")

    async def upload() -> AsyncIterator[job_pb2.UploadWorkspaceRequest]:
        yield job_pb2.UploadWorkspaceRequest(header=job_pb2.WorkspaceHeader(parent="tenants/t2"))

    async def tunnel() -> AsyncIterator[environment_pb2.OpenTunnelRequest]:
        target = environment_pb2.TunnelTarget(environment=theirs, port=1)
        yield environment_pb2.OpenTunnelRequest(target=target)

    calls = [
        running.jobs.CreateJob(create("j1", parent=theirs)),
        running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{theirs}/jobs/j1")),
        running.jobs.UploadWorkspace(upload()),
    ]
    errors = [await refused(call) for call in calls]
    for stream in (
        running.environments.WatchEnvironments(
            environment_pb2.WatchEnvironmentsRequest(parent="tenants/t1", environment=theirs)
        ),
        running.environments.OpenTunnel(tunnel()),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(aiter(stream))
        errors.append(caught.value)
    for error in errors:
        assert (error.code(), reason(error)) == (grpc.StatusCode.PERMISSION_DENIED, "TENANT_MISMATCH")


async def test_what_is_not_built_says_so(running: Running, token: Token) -> None:
    error = await refused(running.jobs.ListJobs(job_pb2.ListJobsRequest(parent=PARENT)))
    assert (error.code(), reason(error)) == (grpc.StatusCode.UNIMPLEMENTED, "NOT_BUILT")
    stream = running.jobs.DownloadArtifact(job_pb2.DownloadArtifactRequest(name=f"{JOBS}/j1", path="a"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(stream))
    assert reason(caught.value) == "NOT_BUILT"
    error = await refused(running.raw.unary_unary("/maestro.x/Y")(b"", metadata=bearer(token())))
    assert (error.code(), reason(error)) == (grpc.StatusCode.UNIMPLEMENTED, "UNKNOWN_METHOD")


async def test_errors_of_a_use_case_are_told_in_full(running: Running) -> None:
    error = await refused(running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/missing")))
    assert (error.code(), error.details(), reason(error)) == (
        grpc.StatusCode.NOT_FOUND,
        "No such job.",
        "JOB_NOT_FOUND",
    )
    error = await refused(running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/away")))
    retry = detail(error, error_details_pb2.RetryInfo)
    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToTimedelta() == timedelta(seconds=1.5)


async def test_an_unforeseen_error_tells_its_id_alone(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    error = await refused(running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/buggy")))
    assert error.code() is grpc.StatusCode.INTERNAL
    info = detail(error, error_details_pb2.ErrorInfo)
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.metadata["error_id"] in str(error.details())
    assert "secret" not in str(error.details()) + str(error.trailing_metadata())
    stream = running.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=f"{JOBS}/buggy"))
    assert (await stream.read()).offset == 0
    assert (await stream.read()).offset == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_a_deadline_that_passes_cancels_the_handler(running: Running) -> None:
    error = await refused(running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/slow"), timeout=0.2))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(30):
        await running.seen.cancelled.wait()


async def test_a_deadline_holds_where_the_client_falls_silent(running: Running, token: Token) -> None:
    """It can neither be told nor hang up; the handler ends all the same."""
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASK, running.server.address, f"Bearer {token('t1')}", f"{JOBS}/slow"
    )
    try:
        await eventually(has_begun(running.seen))
        client.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(30):
            await running.seen.cancelled.wait()
    finally:
        client.kill()
        await client.wait()
    [given] = running.seen.remaining
    assert given is not None
    assert given <= 3


async def test_a_call_without_a_deadline_ends_by_the_services_own(running: Running) -> None:
    error = await refused(running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/slow")))
    assert (error.code(), reason(error)) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


def has_begun(seen: Seen) -> Callable[[], Awaitable[bool]]:
    async def begun() -> bool:
        return bool(seen.remaining)

    return begun


async def test_handlers_know_how_long_they_have(running: Running) -> None:
    await running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/j1"), timeout=3)
    await running.jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/j1"))
    given, default = running.seen.remaining
    assert given is not None
    assert 2 < given <= 3
    assert default is not None, "a call without a deadline gets one"
    assert 4 < default <= 5


async def test_a_client_that_hangs_up_ends_the_handler(running: Running) -> None:
    stream = running.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=f"{JOBS}/j1"))
    await stream.read()
    stream.cancel()
    async with asyncio.timeout(30):
        await running.seen.ended.wait()


async def test_a_client_that_does_not_read_is_cut_off(running: Running) -> None:
    stream = running.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=f"{JOBS}/j1"))
    await stream.read()
    async with asyncio.timeout(30):
        await running.seen.ended.wait()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rest(stream)
    assert (caught.value.code(), reason(caught.value)) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "SLOW_SUBSCRIBER",
    )


async def test_one_request_id_is_one_job(running: Running) -> None:
    first = await running.jobs.CreateJob(create("j1", "r1"))
    assert await running.jobs.CreateJob(create("j1", "r1")) == first
    error = await refused(running.jobs.CreateJob(create("j2", "r1")))
    assert (error.code(), reason(error)) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_watches_resume_and_bookmark(running: Running) -> None:
    request = environment_pb2.WatchEnvironmentsRequest(parent="tenants/t1", resume_token=0)
    watch = running.environments.WatchEnvironments(request)
    assert (await watch.read()).WhichOneof("change") is None
    for name in ("a", "b", "c"):
        await running.jobs.CreateJob(create(name))
    seen = []
    async with asyncio.timeout(30):
        while len(seen) < 3:
            entry = await watch.read()
            if entry.HasField("job"):
                seen.append((entry.sequence, entry.job.name))
        assert (await watch.read()).sequence == 3, "a bookmark"
    assert seen == [(number + 1, f"{JOBS}/{name}") for number, name in enumerate("abc")]
    request.resume_token = 2
    resumed = running.environments.WatchEnvironments(request)
    assert (await resumed.read()).sequence == 2
    assert (await resumed.read()).job.name == f"{JOBS}/c"


async def test_a_stop_ends_watches_with_their_token_and_lets_calls_finish(running: Running) -> None:
    watch = running.environments.WatchEnvironments(
        environment_pb2.WatchEnvironmentsRequest(parent="tenants/t1")
    )
    await watch.read()
    await running.jobs.CreateJob(create("a"))
    while not (await watch.read()).HasField("job"):
        continue
    health = health_pb2_grpc.HealthStub(running.raw).Watch(health_pb2.HealthCheckRequest())
    await health.read()
    started = time.monotonic()
    await running.server.__aexit__(None, None, None)
    assert time.monotonic() - started < 30
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rest(watch)
    assert (caught.value.code(), reason(caught.value)) == (grpc.StatusCode.UNAVAILABLE, "STOPPING")
    assert dict(caught.value.trailing_metadata() or ())["resume-token"] == "1"
    assert (await health.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_streams_do_not_take_the_places_of_calls(
    settings: Settings,
    database: Database,
    records: Records[Thing],
    redis_url: str,
    authority: Authority,
    token: Token,
) -> None:
    narrow = settings.model_copy(update={"max_streams": 2, "max_calls": 1})
    async with Hub(redis_url, K8S_STATUS) as hub:
        offered = services(Jobs(database, records, Seen()), Environments(hub))
        async with (
            Server(narrow, "environment", offered, gate=Gate(authority), checks={}) as server,
            channel(server.address, lambda: token("t1"), settings) as client,
        ):
            stub = environment_pb2_grpc.EnvironmentServiceStub(client)
            request = environment_pb2.WatchEnvironmentsRequest(parent="tenants/t1")
            watches = [stub.WatchEnvironments(request) for _ in range(2)]
            for watch in watches:
                await watch.read()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.WatchEnvironments(request).read()
            assert reason(caught.value) == "TOO_MANY_STREAMS"
            jobs = job_pb2_grpc.JobServiceStub(client)
            await jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/j1"))
            slow = jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/slow"))
            await asyncio.sleep(0.1)
            error = await refused(jobs.GetJob(job_pb2.GetJobRequest(name=f"{JOBS}/j1")))
            assert reason(error) == "TOO_MANY_CALLS"
            slow.cancel()
            watches[0].cancel()


async def test_a_service_without_roles_does_not_start(
    settings: Settings, database: Database, records: Records[Thing], redis_url: str, authority: Authority
) -> None:
    offered = services(Jobs(database, records, Seen()), Environments(Hub(redis_url, K8S_STATUS)))
    with pytest.raises(ValueError, match="No role is set"):
        Server(settings, "environment", offered, gate=Gate(authority, {}), checks={})


async def test_it_serves_on_a_unix_socket(
    settings: Settings, database: Database, records: Records[Thing], redis_url: str, authority: Authority
) -> None:
    path = settings.data_dir.parent / "s.sock"
    local = settings.model_copy(update={"listen": f"unix:{path}"})
    async with Hub(redis_url, K8S_STATUS) as hub:
        offered = services(Jobs(database, records, Seen()), Environments(hub))
        async with (
            Server(local, "environment", offered, gate=Gate(authority), checks={}) as server,
            channel(server.address, lambda: authority.for_tenant("t1"), settings) as client,
        ):
            stub = job_pb2_grpc.JobServiceStub(client)
            assert (await stub.CreateJob(create("j1"))).job.name == f"{JOBS}/j1"
