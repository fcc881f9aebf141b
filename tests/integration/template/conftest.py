"""A Template service as it is deployed, with its own data directory, and clients of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeAlias

import grpc
import pytest

from maestro.template.v1 import template_pb2, template_pb2_grpc
from maestro_core.identity import Role
from maestro_core.settings import Settings
from maestro_template.app import build
from tests.channels import channel

Stub: TypeAlias = template_pb2_grpc.TemplateServiceStub
MakeFiles: TypeAlias = Callable[..., list[template_pb2.TemplateFile]]


def make_files(
    files: Mapping[str, str | bytes] | None = None,
    *,
    template_id: str = "demo",
    version: str = "1.0.0",
    extra: str = "",
) -> list[template_pb2.TemplateFile]:
    manifest = (
        f"id: {template_id}\nversion: {version}\nname: Demo\nsummary: A demo of kites.\n"
        f"category: testing\nkind: python\nowner: me\n{extra}"
    )
    contents = {"template.yaml": manifest, "files/a.txt.jinja": "one\n", **(files or {})}
    return [
        template_pb2.TemplateFile(
            path=path, content=content.encode() if isinstance(content, str) else content
        )
        for path, content in contents.items()
    ]


@pytest.fixture
def files() -> MakeFiles:
    return make_files


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[str]:
    """Where a running service listens."""
    async with build(settings) as server, server:
        yield server.address


@pytest.fixture
async def connect(
    address: str, token: Callable[..., str], settings: Settings
) -> AsyncIterator[Callable[..., Stub]]:
    """Makes a stub for a tenant: `connect("acme", Role.VIEWER)`."""
    channels: list[grpc.aio.Channel] = []

    def make(tenant: str = "t1", *roles: Role) -> Stub:
        held = token(tenant, *roles)
        channels.append(channel(address, lambda: held, settings))
        return template_pb2_grpc.TemplateServiceStub(channels[-1])

    yield make
    for opened in channels:
        await opened.close()


@pytest.fixture
def stub(connect: Callable[..., Stub]) -> Stub:
    """The stub of an editor of tenant t1."""
    return connect()


@pytest.fixture
def maestro(address, token, tmp_path):
    """Runs the command and gives its exit code and what it printed."""
    held = token("t1", Role.ADMIN)

    async def run(*arguments, cwd=tmp_path):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "maestro_cli", "template", *map(str, arguments),
            env={
                **os.environ,
                "MAESTRO_DATA_DIR": str(tmp_path / "none"),
                "MAESTRO_ENDPOINT": address,
                "MAESTRO_TOKEN": held,
            },
            cwd=cwd,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert b"Traceback" not in err, err
        return process.returncode, out.decode(), err.decode()

    return run
