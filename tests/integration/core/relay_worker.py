"""Commits and relays events until it is killed. Arguments: database URL, Redis URL."""

from __future__ import annotations

import asyncio
import sys

from things import emit, opened

from maestro_core.events.connection import connect
from maestro_core.events.relay import Relay
from maestro_core.events.streams import K8S_JOBS, K8S_STATUS


async def main(database_url: str, redis_url: str) -> None:
    async with connect(redis_url) as redis, opened(database_url) as (database, _), Relay(database, redis):
        print("ready", flush=True)
        while True:
            await emit(database, K8S_STATUS, "a", "b", "c")
            await emit(database, K8S_JOBS, "d")


asyncio.run(main(sys.argv[1], sys.argv[2]))
