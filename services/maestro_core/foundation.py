"""What all three services stand on and are served by, put together once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis
from sqlalchemy import MetaData

from maestro_core.auth.tokens import Authority
from maestro_core.embedded.valkey import redis_for
from maestro_core.events.commands import Command, CommandDoor
from maestro_core.events.connection import connect
from maestro_core.events.hub import Hub
from maestro_core.events.relay import Relay
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import ServiceName, Settings
from maestro_core.store.database import Database


@dataclass(frozen=True, slots=True)
class Foundation:
    """A service's database, the hub of what is watched in it, and who signs its tokens."""

    settings: Settings
    name: ServiceName
    authority: Authority
    database: Database
    hub: Hub
    redis: Redis
    redis_url: str

    @asynccontextmanager
    async def serving(
        self,
        services: Sequence[Service],
        commands: Sequence[Command],
        *,
        stream: str,
        group: str,
        results: str,
    ) -> AsyncIterator[Server]:
        """A server that has yet to run, and beside it the second door: `commands` from a stream."""
        gate = Gate(self.authority)
        consumer = self.settings.instance
        door = CommandDoor(
            self.database, gate, self.redis_url, stream, group, results, commands, consumer=consumer
        )
        async with door:
            yield Server(
                self.settings,
                self.name,
                services,
                gate=gate,
                checks={"database": self.database.ping, "redis": self.redis.ping},
            )


@asynccontextmanager
async def foundation(
    settings: Settings, name: ServiceName, metadata: MetaData, *, watched: str
) -> AsyncIterator[Foundation]:
    """Open what the settings name: the database with these tables, Redis, and a hub of the watched stream."""
    authority = Authority.of(settings)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(redis_for(settings))
        redis = await stack.enter_async_context(connect(url))
        database = await stack.enter_async_context(Database(settings.database(name), metadata, name))
        await stack.enter_async_context(
            Relay(
                database,
                redis,
                token_for=authority.for_tenant,
                retention=settings.stream_retention,
                max_length=settings.stream_max_length,
            )
        )
        hub = await stack.enter_async_context(Hub(url, watched, bookmark_interval=settings.bookmark_interval))
        yield Foundation(settings, name, authority, database, hub, redis, url)
