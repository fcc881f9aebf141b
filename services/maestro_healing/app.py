"""The Healing service, wired."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from maestro.healing.v1 import healing_pb2, healing_pb2_grpc, monitor_pb2, monitor_pb2_grpc
from maestro_core.clock import SystemClock
from maestro_core.events.hub import Hub
from maestro_core.events.streams import (
    AUTOMATION_ERRORS,
    AUTOMATION_HEALINGS,
    AUTOMATION_RESULTS,
    AUTOMATION_WORKERS,
)
from maestro_core.foundation import foundation
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings
from maestro_healing.backends.remotes import Remotes
from maestro_healing.backends.scratch import Scratch
from maestro_healing.backends.sources import Sources
from maestro_healing.backends.workers.pool import WorkerPool
from maestro_healing.backends.workshop import LocalWorkshop
from maestro_healing.domain.usecases.execution import Execution
from maestro_healing.domain.usecases.healing import HealingUseCases
from maestro_healing.domain.usecases.monitors import MonitorUseCases, Quota
from maestro_healing.domain.usecases.reviewing import Reviewing
from maestro_healing.domain.usecases.watching import Watching
from maestro_healing.rpc.door import commands
from maestro_healing.rpc.healing import HealingServicer
from maestro_healing.rpc.monitors import MonitorServicer
from maestro_healing.store.healings import HealingStore
from maestro_healing.store.leases import LeaseStore
from maestro_healing.store.monitor_leases import MonitorLeaseStore
from maestro_healing.store.monitors import MonitorStore
from maestro_healing.store.tables import METADATA


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with build(settings) as server:
        await server.run()


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """The service with all that it needs, up to a server that has yet to run."""
    folder = settings.data_dir.absolute() / "healing"
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(
            foundation(settings, "healing", METADATA, watched=AUTOMATION_HEALINGS)
        )
        errors = await stack.enter_async_context(
            Hub(
                base.redis_url,
                AUTOMATION_ERRORS,
                bookmark_interval=settings.bookmark_interval,
                authority=base.authority,
            )
        )
        workers = await stack.enter_async_context(WorkerPool())
        sources = Sources(folder / "uploads", settings.allowed_roots, workers)
        scratch = stack.enter_context(Scratch(folder / "work"))
        workshop = LocalWorkshop(settings, base.authority, sources, workers, scratch)
        clock, holder = SystemClock(), f"{settings.instance}/{uuid.uuid4()}"
        execution = Execution(LeaseStore(base.database), workshop, workers, clock, holder)
        await stack.enter_async_context(execution)
        healings = HealingUseCases(HealingStore(base.database), workshop, execution, clock)
        servicer = HealingServicer(healings, Reviewing(workshop, workers, clock), sources, workers, base.hub)
        remotes = Remotes(sources, workers, scratch, settings.git_credentials)
        leases = MonitorLeaseStore(base.database, clock)
        watching = Watching(leases, remotes, workshop, workers, remotes, clock, holder)
        await stack.enter_async_context(watching)
        monitors = MonitorUseCases(
            MonitorStore(base.database, clock),
            workshop,
            remotes,
            watching,
            execution,
            clock,
            Quota(settings.max_monitors, settings.monitor_interval),
        )
        found = MonitorServicer(monitors, errors)
        yield await stack.enter_async_context(
            base.serving(
                [
                    Service(
                        healing_pb2.DESCRIPTOR.services_by_name["HealingService"],
                        healing_pb2_grpc.add_HealingServiceServicer_to_server,
                        servicer,
                    ),
                    Service(
                        monitor_pb2.DESCRIPTOR.services_by_name["MonitorService"],
                        monitor_pb2_grpc.add_MonitorServiceServicer_to_server,
                        found,
                    ),
                ],
                commands(servicer, monitors, base.hub),
                stream=AUTOMATION_ERRORS,
                group=AUTOMATION_WORKERS,
                results=AUTOMATION_RESULTS,
            )
        )
