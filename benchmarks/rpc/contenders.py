"""The same Get handler behind three servers, each with a client in the same process."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import grpc
import httpx
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi import Path as InPath
from pydantic import BaseModel

from maestro.environment.v1 import job_pb2, job_pb2_grpc
from maestro_client import Endpoints, connect
from maestro_core.auth.tokens import Authority
from maestro_core.errors import Unauthenticated
from maestro_core.identity import Principal
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings

Call = Callable[[], Awaitable[object]]

TENANT = "t1"
PARENT = f"tenants/{TENANT}/environments/e1/jobs"
NAME = f"{PARENT}/j1"
_RECORDS = {NAME: {"name": NAME, "etag": "7", "exit_code": 0}}
_KEY = b"a key for this benchmark, of 32 bytes and more"


class Jobs(job_pb2_grpc.JobServiceServicer):
    """Gives a job out of memory."""

    async def GetJob(
        self, request: job_pb2.GetJobRequest, context: grpc.aio.ServicerContext
    ) -> job_pb2.GetJobResponse:
        return job_pb2.GetJobResponse(job=job_pb2.Job(**_RECORDS[request.name]), sequence=1)


class Job(BaseModel):
    """The job in the JSON answer."""

    name: str
    etag: str
    exit_code: int


class Answer(BaseModel):
    """The answer in JSON."""

    job: Job
    sequence: int


@asynccontextmanager
async def maestro(settings: Settings) -> AsyncIterator[Call]:
    """As Healing calls Environment: token, deadline, roles, tenancy, validation, trace, errors, retries."""
    authority = Authority(_KEY)
    descriptor = job_pb2.DESCRIPTOR.services_by_name["JobService"]
    service = Service(descriptor, job_pb2_grpc.add_JobServiceServicer_to_server, Jobs())
    async with Server(settings, "environment", [service], gate=Gate(authority), checks={}) as server:
        address = Endpoints(server.address, server.address, server.address)
        async with connect(address, lambda: authority.for_tenant(TENANT)) as client:
            yield lambda: client.jobs.GetJob(job_pb2.GetJobRequest(name=NAME))


@asynccontextmanager
async def bare_grpc(settings: Settings) -> AsyncIterator[Call]:
    """grpc.aio alone: no layers on either side."""
    server = grpc.aio.server()
    job_pb2_grpc.add_JobServiceServicer_to_server(Jobs(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as client:
        stub = job_pb2_grpc.JobServiceStub(client)
        yield lambda: stub.GetJob(job_pb2.GetJobRequest(name=NAME))
    await server.stop(None)


@asynccontextmanager
async def fastapi(settings: Settings) -> AsyncIterator[Call]:
    """FastAPI on uvicorn, asked with httpx: the same token check, tenancy and validation of the same name."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # else it alone would log each call
    authority = Authority(_KEY)
    part = r"^[a-z][a-z0-9-]{0,62}$"
    app = FastAPI()

    async def caller(authorization: str = Header()) -> Principal:
        try:
            return await authority.verify(authorization.removeprefix("Bearer "))
        except Unauthenticated as error:
            raise HTTPException(401, error.message) from error

    authenticated = Depends(caller)

    @app.get("/tenants/{tenant}/environments/{environment}/jobs/{job}")
    async def get_job(
        tenant: str = InPath(pattern=part),
        environment: str = InPath(pattern=part),
        job: str = InPath(pattern=part),
        principal: Principal = authenticated,
    ) -> Answer:
        if tenant != principal.tenant:
            raise HTTPException(403, "another tenant's")
        record = _RECORDS[f"tenants/{tenant}/environments/{environment}/jobs/{job}"]
        return Answer(job=Job.model_validate(record), sequence=1)

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve([listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/{NAME}"
    headers = {"authorization": f"Bearer {authority.for_tenant(TENANT)}"}
    async with httpx.AsyncClient(headers=headers, limits=httpx.Limits(max_connections=64)) as client:

        async def call() -> Answer:
            response = await client.get(url)
            response.raise_for_status()
            return Answer.model_validate_json(response.content)

        yield call
    server.should_exit = True
    await serving


CONTENDERS: Mapping[str, Callable[[Settings], AbstractAsyncContextManager[Call]]] = {
    "Maestro, all layers": maestro,
    "grpc.aio without layers": bare_grpc,
    "FastAPI + uvicorn + httpx": fastapi,
}


def settings_in(directory: Path) -> Settings:
    """Settings for a server of its own on a free port."""
    return Settings(data_dir=directory, environment_port=0)
