"""The Healing service, wired."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from maestro.healing.v1 import healing_pb2, healing_pb2_grpc, monitor_pb2, monitor_pb2_grpc
from maestro_core.auth.tokens import Authority
from maestro_core.clock import SystemClock
from maestro_core.embedded.valkey import redis_for
from maestro_core.events.commands import CommandDoor
from maestro_core.events.connection import connect
from maestro_core.events.hub import Hub
from maestro_core.events.relay import Relay
from maestro_core.events.streams import (
    AUTOMATION_ERRORS,
    AUTOMATION_HEALINGS,
    AUTOMATION_RESULTS,
    AUTOMATION_WORKERS,
)
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings
from maestro_core.store.database import Database
from maestro_healing.backends.sources import Sources
from maestro_healing.backends.workshop import LocalWorkshop
from maestro_healing.domain.usecases.healing import HealingUseCases
from maestro_healing.rpc.door import commands
from maestro_healing.rpc.healing import HealingServicer
from maestro_healing.store.healings import METADATA, HealingStore


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with build(settings) as server:
        await server.run()


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """The service with all that it needs, up to a server that has yet to run."""
    authority = Authority.of(settings)
    gate = Gate(authority)
    sources = Sources(settings.data_dir.absolute() / "healing" / "uploads", settings.allowed_roots)
    workshop = LocalWorkshop(settings, sources, authority)
    workshop.clear()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(redis_for(settings))
        redis = await stack.enter_async_context(connect(url))
        database = await stack.enter_async_context(
            Database(settings.database("healing"), METADATA, "healing")
        )
        relay = Relay(
            database,
            redis,
            retention=settings.stream_retention,
            max_length=settings.stream_max_length,
        )
        await stack.enter_async_context(relay)
        hub = Hub(url, AUTOMATION_HEALINGS, bookmark_interval=settings.bookmark_interval)
        await stack.enter_async_context(hub)
        healings = HealingUseCases(HealingStore(database), workshop, SystemClock())
        await stack.enter_async_context(healings)
        servicer = HealingServicer(healings, sources, hub)
        door = CommandDoor(
            database,
            gate,
            url,
            AUTOMATION_ERRORS,
            AUTOMATION_WORKERS,
            AUTOMATION_RESULTS,
            commands(servicer),
            consumer=settings.instance,
        )
        await stack.enter_async_context(door)
        yield Server(
            settings,
            "healing",
            [
                Service(
                    healing_pb2.DESCRIPTOR.services_by_name["HealingService"],
                    healing_pb2_grpc.add_HealingServiceServicer_to_server,
                    servicer,
                ),
                Service(
                    monitor_pb2.DESCRIPTOR.services_by_name["MonitorService"],
                    monitor_pb2_grpc.add_MonitorServiceServicer_to_server,
                    monitor_pb2_grpc.MonitorServiceServicer(),
                ),
            ],
            gate=gate,
            checks={"database": database.ping, "redis": redis.ping},
        )
