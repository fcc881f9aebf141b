"""Uploads as users of the client make them: whenever the service answers, they get its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest

from maestro.environment.v1 import job_pb2, job_pb2_grpc
from maestro_client import Maestro, MaestroError, connect, upload_workspace
from maestro_core.auth.tokens import Authority
from maestro_core.identity import Role
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings

AT_ONCE = 8
ROUNDS = 10
KNOWN = "0" * 64
LARGE = 3_000_000  # more than is on its way when the answer comes


class Jobs(job_pb2_grpc.JobServiceServicer):
    """Takes workspaces, and knows one already."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def UploadWorkspace(
        self, request_iterator: AsyncIterator[job_pb2.UploadWorkspaceRequest], context: object
    ) -> job_pb2.UploadWorkspaceResponse:
        header = (await anext(request_iterator)).header
        self.begun.set()
        if header.sha256 == KNOWN:
            return job_pb2.UploadWorkspaceResponse(workspace=job_pb2.Workspace(name="known"))
        try:
            size = sum([len(request.data) async for request in request_iterator])
        finally:
            self.ended.set()
        return job_pb2.UploadWorkspaceResponse(workspace=job_pb2.Workspace(name="new", size_bytes=size))


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
async def server(settings: Settings, authority: Authority, jobs: Jobs) -> AsyncIterator[Server]:
    service = Service(
        job_pb2.DESCRIPTOR.services_by_name["JobService"],
        job_pb2_grpc.add_JobServiceServicer_to_server,
        jobs,
    )
    async with Server(settings, "environment", [service], gate=Gate(authority), checks={}) as running:
        yield running


@pytest.fixture
async def client(server: Server, token: Callable[..., str]) -> AsyncIterator[Maestro]:
    async with connect(server.address, token("t1")) as maestro:
        yield maestro


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a large file."""
    found = tmp_path / "large"
    found.mkdir()
    (found / "file").write_bytes(b"x" * LARGE)
    return found


def header(sha256: str = "") -> job_pb2.UploadWorkspaceRequest:
    return job_pb2.UploadWorkspaceRequest(header=job_pb2.WorkspaceHeader(parent="tenants/t1", sha256=sha256))


async def endless() -> AsyncIterator[job_pb2.UploadWorkspaceRequest]:
    yield header()
    while True:
        yield job_pb2.UploadWorkspaceRequest(data=b"x" * 65536)


@pytest.mark.parametrize(
    ("tenant", "roles", "expected"),
    [
        (None, (), (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")),
        ("t1", (Role.VIEWER,), (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")),
        ("t2", (), (grpc.StatusCode.PERMISSION_DENIED, "TENANT_MISMATCH")),
    ],
)
async def test_one_that_is_refused_learns_why(
    server: Server,
    token: Callable[..., str],
    folder: Path,
    tenant: str | None,
    roles: tuple[Role, ...],
    expected: tuple[grpc.StatusCode, str],
) -> None:
    async with connect(server.address, token(tenant, *roles) if tenant else "") as maestro:
        uploads = [upload_workspace(maestro.jobs, "tenants/t1", folder) for _ in range(AT_ONCE)]
        answers = await asyncio.gather(*uploads, return_exceptions=True)
    assert [(one.code, one.reason) for one in answers if isinstance(one, MaestroError)] == [
        expected
    ] * AT_ONCE


async def test_one_that_is_answered_early_gets_the_answer(client: Maestro) -> None:
    async def known() -> AsyncIterator[job_pb2.UploadWorkspaceRequest]:
        yield header(KNOWN)
        async for request in endless():
            if request.data:
                yield request

    for _ in range(ROUNDS):
        uploads = [client.jobs.UploadWorkspace(known()) for _ in range(AT_ONCE)]
        answers = await asyncio.gather(*uploads)
        assert [answer.workspace.name for answer in answers] == ["known"] * AT_ONCE


async def test_all_of_it_arrives(client: Maestro, folder: Path) -> None:
    assert await upload_workspace(client.jobs, "tenants/t1", folder) == "new"
    pieces = [header(), *(job_pb2.UploadWorkspaceRequest(data=b"x" * 1000) for _ in range(100))]
    assert (await client.jobs.UploadWorkspace(pieces)).workspace.size_bytes == 100_000
    call = client.jobs.UploadWorkspace()
    for piece in pieces:
        await call.write(piece)
    await call.done_writing()
    assert (await call).workspace.size_bytes == 100_000


async def test_what_goes_wrong_with_the_requests_is_told(client: Maestro, jobs: Jobs) -> None:
    async def torn() -> AsyncIterator[job_pb2.UploadWorkspaceRequest]:
        yield header()
        await jobs.begun.wait()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await client.jobs.UploadWorkspace(torn())
    async with asyncio.timeout(30):
        await jobs.ended.wait()


async def test_one_that_nobody_waits_for_ends(client: Maestro, jobs: Jobs) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await client.jobs.UploadWorkspace(endless())
    async with asyncio.timeout(30):
        await jobs.ended.wait()
