"""Every RPC of every service, from the contracts: whatever is asked, the answer is clear and nothing changes.

A new RPC is covered as soon as it stands in a contract.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
import pytest
import pytest_asyncio
import samples
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from sqlalchemy import Engine, create_engine, func, inspect, make_url, select, table

import maestro_environment.app
import maestro_healing.app
import maestro_template.app
from maestro.environment.v1 import environment_pb2, job_pb2
from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro.template.v1 import template_pb2, workflow_pb2
from maestro_core.access import REQUIRED_ROLE
from maestro_core.auth.tokens import Authority
from maestro_core.identity import Principal, Role
from maestro_core.rpc.status import DETAILS_KEY
from maestro_core.settings import ServiceName, Settings
from tests import servers

# One platform serves them all, in one worker.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("every-rpc")]

LARGEST = 1_000_000
SECONDS = 30
CONTRACTS: dict[ServiceName, tuple[object, ...]] = {
    "environment": (environment_pb2, job_pb2),
    "healing": (healing_pb2, monitor_pb2),
    "template": (template_pb2, workflow_pb2),
}
RPCS = {
    f"{service.name}.{method.name}": (name, method)
    for name, modules in CONTRACTS.items()
    for module in modules
    for service in module.DESCRIPTOR.services_by_name.values()  # type: ignore[attr-defined]
    for method in service.methods
}
GARBAGE = {
    "no bytes that mean anything": b"\xff\xff\xff",
    "a length beyond the end": b"\x0a\xff\xff\xff\xff\x07x",
    "groups without end": b"\x0b" * 10_000,
    "an archive": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "JSON": b'{"parent": "tenants/t1"}',
    **{f"random {seed}": random.Random(seed).randbytes(64) for seed in range(8)},
}
HOSTILE = (
    "\0",
    "a\0b",
    "../../../../etc/passwd",
    "/etc/passwd",
    "tenants/t1/../t2",
    "tenants/t2",
    "'; DROP TABLE audit; --",
    "{{ 7 * 7 }}",
    "%s%n",
    "$(id)",
    "--help",
    "\n\r\t",
    "\u202ereversed",
    "😀" * 50,
    "(" * 500,
    "x" * 100_000,
)
# What may be wrong with a request. INTERNAL and UNKNOWN are faults of ours, whatever was asked.
CLEAR = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.ABORTED,
}


@dataclass(frozen=True)
class Answer:
    """How a call ended."""

    code: grpc.StatusCode
    message: str = ""
    reason: str = ""
    violations: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> Answer:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        for key, value in error.trailing_metadata() or ():
            if key == DETAILS_KEY:
                for detail in status_pb2.Status.FromString(value).details:
                    detail.Unpack(info) or detail.Unpack(bad)
        fields = tuple(one.field for one in bad.field_violations)
        return cls(error.code(), error.details() or "", info.reason, fields)

    @property
    def not_built(self) -> bool:
        return (self.code, self.reason) == (grpc.StatusCode.UNIMPLEMENTED, "NOT_BUILT")

    @property
    def clear(self) -> bool:
        """Whether it tells what is wrong with the request, in words and by a reason."""
        return self.code in CLEAR and bool(self.message and self.reason)


@dataclass
class Platform:
    """The three services, and what they keep."""

    authority: Authority
    channels: dict[ServiceName, grpc.aio.Channel] = field(default_factory=dict)
    tables: dict[ServiceName, tuple[Engine, str | None]] = field(default_factory=dict)

    def token(self, tenant: str, role: Role, lifetime: timedelta = timedelta(hours=1)) -> str:
        return self.authority.issue(Principal("tester", tenant, frozenset({role})), lifetime)

    async def ask(self, rpc: str, *bodies: bytes, token: str = "") -> Answer:
        """Make a call; of a stream of answers, the first is waited for."""
        name, method = RPCS[rpc]
        shape = ("stream" if method.client_streaming else "unary") + (
            "_stream" if method.server_streaming else "_unary"
        )
        make = getattr(self.channels[name], shape)(_path(method))
        metadata = (("authorization", f"Bearer {token}"),) if token else ()
        request = iter(bodies) if method.client_streaming else bodies[0]
        call = make(request, metadata=metadata, timeout=SECONDS)
        try:
            await (anext(aiter(call), None) if method.server_streaming else call)
        except grpc.aio.AioRpcError as error:
            return Answer.of(error)
        finally:
            call.cancel()
        return Answer(grpc.StatusCode.OK)

    def kept(self) -> dict[tuple[str, str], int]:
        """How many rows each table has: every change leaves one in `audit`, every event one in `outbox`."""
        found = {}
        for name, (engine, schema) in self.tables.items():
            with engine.connect() as on:
                for one in inspect(on).get_table_names(schema):
                    count = select(func.count()).select_from(table(one, schema=schema))
                    found[name, one] = on.execute(count).scalar_one()
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    async with AsyncExitStack() as stack:
        database = stack.enter_context(servers.postgresql())
        settings = Settings.model_validate(
            {
                "data_dir": tmp_path_factory.mktemp("every-rpc"),
                "database_url": database,
                "redis_url": stack.enter_context(servers.redis(redis_server, 2)),
                "healing_port": 0,
                "environment_port": 0,
                "template_port": 0,
                "stop_grace": 1,
                "max_message_bytes": LARGEST,
            }
        )
        running = Platform(Authority.of(settings))
        for name, app in (
            ("environment", maestro_environment.app),
            ("template", maestro_template.app),
            ("healing", maestro_healing.app),
        ):
            server = await stack.enter_async_context(app.build(settings))
            await stack.enter_async_context(server)
            settings = settings.model_copy(update={f"{name}_endpoint": server.address})
            running.channels[name] = await stack.enter_async_context(
                grpc.aio.insecure_channel(server.address)
            )
            url = make_url(settings.database(name))
            engine = create_engine(url.set(drivername="postgresql+psycopg") if database else url)
            stack.callback(engine.dispose)
            running.tables[name] = engine, name if database else None
        yield running


@pytest.fixture(autouse=True)
def _nothing_changes(request: pytest.FixtureRequest, platform: Platform) -> Iterator[None]:
    """Unless the test says otherwise."""
    before = platform.kept()
    assert ("healing", "audit") in before
    yield
    if "changes" not in request.keywords:
        assert platform.kept() == before


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def _needs(rpc: str) -> Role:
    return REQUIRED_ROLE[_path(RPCS[rpc][1])]


def _sample(rpc: str) -> Message:
    return samples.sample(RPCS[rpc][1].input_type)


async def test_they_are_all_here() -> None:
    assert {_path(method) for _, method in RPCS.values()} == set(REQUIRED_ROLE)


@pytest.mark.parametrize("rpc", RPCS)
async def test_strangers_learn_nothing(platform: Platform, rpc: str) -> None:
    body = _sample(rpc).SerializeToString()
    expired = platform.token("t1", Role.ADMIN, timedelta(seconds=-10))
    forged = Authority(b"another key of at least 32 bytes").for_tenant("t1")
    for token, reason in (("", "TOKEN_MISSING"), (expired, "TOKEN_EXPIRED"), (forged, "TOKEN_INVALID")):
        answer = await platform.ask(rpc, body, token=token)
        assert (answer.code, answer.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)


@pytest.mark.parametrize("rpc", [rpc for rpc in RPCS if _needs(rpc) is not Role.VIEWER])
async def test_a_role_that_is_too_low_changes_nothing(platform: Platform, rpc: str) -> None:
    lower = {Role.EDITOR: Role.VIEWER, Role.ADMIN: Role.EDITOR}[_needs(rpc)]
    answer = await platform.ask(rpc, _sample(rpc).SerializeToString(), token=platform.token("t1", lower))
    assert (answer.code, answer.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")


@pytest.mark.parametrize("rpc", RPCS)
async def test_another_tenants_names_are_refused(platform: Platform, rpc: str) -> None:
    body = _sample(rpc).SerializeToString()
    answer = await platform.ask(rpc, body, token=platform.token("t2", Role.ADMIN))
    assert answer.not_built or answer.reason == "TENANT_MISMATCH", answer


@pytest.mark.parametrize("rpc", RPCS)
async def test_an_empty_request_says_what_is_missing(platform: Platform, rpc: str) -> None:
    answer = await platform.ask(rpc, b"", token=platform.token("t1", Role.ADMIN))
    assert answer.not_built or answer.code is grpc.StatusCode.INVALID_ARGUMENT, answer
    assert answer.not_built or answer.violations, answer


@pytest.mark.parametrize("rpc", RPCS)
async def test_garbage_is_a_bad_request(platform: Platform, rpc: str) -> None:
    token = platform.token("t1", Role.ADMIN)
    for body in GARBAGE.values():
        answer = await platform.ask(rpc, body, token=token)
        assert answer.not_built or answer.code is grpc.StatusCode.INVALID_ARGUMENT, (body, answer)
        assert answer.reason


@pytest.mark.parametrize("rpc", RPCS)
async def test_texts_that_are_no_utf8_are_a_bad_request(platform: Platform, rpc: str) -> None:
    token = platform.token("t1", Role.ADMIN)
    for body in samples.not_utf8(_sample(rpc)):
        answer = await platform.ask(rpc, body, token=token)
        expected = (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")
        assert answer.not_built or (answer.code, answer.reason) == expected, (body, answer)


@pytest.mark.parametrize("rpc", RPCS)
async def test_what_is_too_large_is_not_taken(platform: Platform, rpc: str) -> None:
    answer = await platform.ask(rpc, bytes(LARGEST + 1), token=platform.token("t1", Role.ADMIN))
    too_large = answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED and str(LARGEST) in answer.message
    assert answer.not_built or too_large, answer


@pytest.mark.changes
@pytest.mark.parametrize("rpc", RPCS)
async def test_hostile_texts_get_a_clear_answer(platform: Platform, rpc: str) -> None:
    """Some are welcome, as a comment; what is refused changes nothing."""
    token = platform.token("t1", Role.ADMIN)
    descriptor = RPCS[rpc][1].input_type
    for path in samples.texts(descriptor):
        for text in HOSTILE:
            request = samples.spoiled(descriptor, path, text)
            before = platform.kept()
            answer = await platform.ask(rpc, request.SerializeToString(), token=token)
            if answer.code is not grpc.StatusCode.OK:
                assert answer.not_built or answer.clear, (request, answer)
                assert platform.kept() == before, (request, answer)
