"""The Environment service, wired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from maestro.environment.v1 import environment_pb2, environment_pb2_grpc, job_pb2, job_pb2_grpc
from maestro_core.clock import SystemClock
from maestro_core.events.commands import Command
from maestro_core.events.streams import K8S_JOBS, K8S_RESULTS, K8S_STATUS, K8S_WORKERS
from maestro_core.foundation import foundation
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings
from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local.backend import local_backend
from maestro_environment.domain.policy import Policy
from maestro_environment.domain.usecases.environments import Environments
from maestro_environment.domain.usecases.housekeeping import Housekeeping
from maestro_environment.domain.usecases.jobs import Jobs
from maestro_environment.domain.usecases.reconciler import Reconciler
from maestro_environment.domain.usecases.scheduler import Scheduler
from maestro_environment.events.messages import ContractMessages
from maestro_environment.rpc.environments import EnvironmentServicer
from maestro_environment.rpc.jobs import JobServicer
from maestro_environment.store.store import RecordStore
from maestro_environment.store.tables import METADATA

_ENVIRONMENTS = "/maestro.environment.v1.EnvironmentService/"
_JOBS = "/maestro.environment.v1.JobService/"


@asynccontextmanager
async def build(settings: Settings, policy: Policy | None = None) -> AsyncIterator[Server]:
    """The service with all that it needs, up to a server that has yet to run."""
    policy = policy or Policy()
    clock = SystemClock()
    root = settings.data_dir.absolute() / "environment"
    files = JobFolders(root / "jobs")
    workspaces = WorkspaceFolders(root / "workspaces")
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(
            foundation(settings, "environment", METADATA, watched=K8S_STATUS)
        )
        backend = await stack.enter_async_context(
            local_backend(root, settings.data_dir.absolute(), files, workspaces)
        )
        store = RecordStore(base.database, ContractMessages())
        scheduler = Scheduler(store, backend, policy, clock)
        reconciler = Reconciler(store, backend, policy, clock, scheduler.drain, scheduler.wake)
        housekeeping = Housekeeping(store, backend, files, workspaces, policy, clock)
        environments = EnvironmentServicer(
            Environments(store, backend, policy, clock, reconciler.wake), base.hub
        )
        jobs = JobServicer(
            Jobs(store, files, workspaces, policy, clock, scheduler.wake), workspaces, base.hub
        )
        await scheduler.recover()
        loops = await stack.enter_async_context(asyncio.TaskGroup())  # a loop that fails ends the service
        for loop in (reconciler.run(), scheduler.run(), housekeeping.run()):
            stack.callback(loops.create_task(loop).cancel)
        yield await stack.enter_async_context(
            base.serving(
                [
                    Service(
                        environment_pb2.DESCRIPTOR.services_by_name["EnvironmentService"],
                        environment_pb2_grpc.add_EnvironmentServiceServicer_to_server,
                        environments,
                    ),
                    Service(
                        job_pb2.DESCRIPTOR.services_by_name["JobService"],
                        job_pb2_grpc.add_JobServiceServicer_to_server,
                        jobs,
                    ),
                ],
                _commands(environments, jobs),
                stream=K8S_JOBS,
                group=K8S_WORKERS,
                results=K8S_RESULTS,
            )
        )


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with build(settings) as server:
        await server.run()


def _commands(environments: EnvironmentServicer, jobs: JobServicer) -> list[Command]:
    """What can be asked for on the command stream too."""
    return [
        Command(
            environment_pb2.CreateEnvironmentRequest,
            f"{_ENVIRONMENTS}CreateEnvironment",
            environments.CreateEnvironment,
        ),
        Command(
            environment_pb2.DeleteEnvironmentRequest,
            f"{_ENVIRONMENTS}DeleteEnvironment",
            environments.DeleteEnvironment,
        ),
        Command(
            environment_pb2.ExtendEnvironmentRequest,
            f"{_ENVIRONMENTS}ExtendEnvironment",
            environments.ExtendEnvironment,
        ),
        Command(job_pb2.CreateJobRequest, f"{_JOBS}CreateJob", jobs.CreateJob),
        Command(job_pb2.CancelJobRequest, f"{_JOBS}CancelJob", jobs.CancelJob),
    ]
