"""The standard health service, fed by what a service depends on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from grpc_health.v1 import health, health_pb2

from maestro_core.logs import get_logger

_log = get_logger(__name__)

Check = Callable[[], Awaitable[object]]
_INTERVAL = 1.0
_PATIENCE = 3.0
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class HealthProbe:
    """Tells SERVING, overall and for each service, while every check passes."""

    def __init__(self, services: Sequence[str], checks: Mapping[str, Check]) -> None:
        self.servicer = health.aio.HealthServicer()
        self._services = ("", *services)
        self._checks = checks
        self._failing: frozenset[str] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Check once, and go on checking."""
        await self._look()
        self._task = asyncio.create_task(self._run(), name="health")

    async def stop(self) -> None:
        """Tell NOT_SERVING from now on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.servicer.enter_graceful_shutdown()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            await self._look()

    async def _look(self) -> None:
        names = list(self._checks)
        passed = await asyncio.gather(*(self._passes(name) for name in names))
        failing = frozenset(name for name, good in zip(names, passed, strict=True) if not good)
        if failing == self._failing:
            return
        if failing or self._failing:
            _log.warning("health changed", failing=sorted(failing))
        self._failing = failing
        for service in self._services:
            await self.servicer.set(service, _NOT_SERVING if failing else _SERVING)

    async def _passes(self, name: str) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._checks[name]()
        except Exception as error:  # whatever it is, this part does not answer
            _log.debug("a check fails", check=name, error=repr(error))
            return False
        return True
