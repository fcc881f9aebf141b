"""A service that is killed at any point: the next one finishes what was begun, once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from environment_client import Client
from redis.asyncio import Redis

from maestro.environment.v1 import environment_pb2, environment_pb2_grpc, job_pb2, job_pb2_grpc
from maestro_core.settings import Settings
from maestro_environment.app import build
from maestro_environment.backends.local import sweep
from maestro_environment.backends.local.home import Home
from tests.channels import channel

READY = environment_pb2.ENVIRONMENT_STATE_READY
REDIS = environment_pb2.SERVICE_KIND_REDIS


@asynccontextmanager
async def reaching(address: str, token: Callable[..., str], settings: Settings) -> AsyncIterator[Client]:
    async with channel(address, token, settings) as opened:
        yield Client(
            environment_pb2_grpc.EnvironmentServiceStub(opened), job_pb2_grpc.JobServiceStub(opened), "t1"
        )


@asynccontextmanager
async def doomed(settings: Settings, socket: Path) -> AsyncIterator[str]:
    """The address of a service in a process of its own, which is killed at the end of the block."""
    assert settings.redis_url is not None
    given = {
        "MAESTRO_DATA_DIR": str(settings.data_dir),
        "MAESTRO_DATABASE_URL": settings.database("environment"),
        "MAESTRO_REDIS_URL": settings.redis_url.get_secret_value(),
        "MAESTRO_LISTEN": f"unix:{socket}",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "maestro_cli", "serve", "environment"),
        env={**os.environ, **given},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield f"unix:{socket}"
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


def servers(settings: Settings) -> set[int]:
    """The databases that run. One may have written over its mark, never over that of what started it."""
    return {
        child.pid
        for process, _ in sweep.processes(Home(settings.data_dir / "environment"))
        for child in psutil.Process(process.pid).children(recursive=True)
        if "valkey" in child.name()
    }


@pytest.mark.parametrize("moment", ["asked", "ready", "running"])
async def test_a_service_that_is_killed_is_followed_by_one_that_finishes(
    settings: Settings, token: Callable[..., str], tmp_path: Path, moment: str
) -> None:
    job = None
    async with doomed(settings, tmp_path / "s") as address, reaching(address, token, settings) as client:
        if moment == "asked":
            spec = environment_pb2.EnvironmentSpec(services=[environment_pb2.ServiceSpec(kind=REDIS)])
            request = environment_pb2.CreateEnvironmentRequest(parent="tenants/t1", spec=spec)
            created = await client.environments.CreateEnvironment(request, wait_for_ready=True)
            environment = created.environment
        else:
            environment = await client.environment((REDIS,), wait_for_ready=True)
            async with Redis.from_url(environment.connections[0].uri) as redis:
                await redis.set("kept", "yes")
        if moment == "running":
            script = "echo begun; test -e {cache.c}/once || { touch {cache.c}/once; sleep 60; }"
            cache = job_pb2.CacheMount(name="c", writable=True)
            job = await client.start(environment.name, "sh", "-c", script, caches=[cache])
            stream = client.jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=job.name, follow=True))
            await stream.read()
    async with build(settings) as server, server, reaching(server.address, token, settings) as client:
        again = await client.reaches(environment.name, READY)
        async with Redis.from_url(again.connections[0].uri) as redis:
            assert await redis.get("kept") == (None if moment == "asked" else b"yes")
        assert len(servers(settings)) == 1
        if job is not None:
            ended = await client.ended(job.name)
            assert (ended.state, ended.attempts) == (job_pb2.JOB_STATE_SUCCEEDED, 2)
    assert servers(settings) == set()
