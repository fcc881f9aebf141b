"""A service's gRPC server: interceptors, health, reflection and a graceful stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.descriptor import Descriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from maestro_core.errors import FailedPrecondition, InvalidArgument
from maestro_core.logs import get_logger
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.health import Check, HealthProbe
from maestro_core.rpc.interceptors import Pipeline
from maestro_core.rpc.tls import server_credentials
from maestro_core.rpc.validation import validate
from maestro_core.settings import ServiceName, Settings

_log = get_logger(__name__)

# A client that pings an idle connection more often than this is cut off with ENHANCE_YOUR_CALM.
_LEAST_PING_INTERVAL_MS = 5_000


@dataclass(frozen=True, slots=True)
class Service:
    """One gRPC service: its descriptor, the generated function that adds it to a server, and its servicer."""

    descriptor: ServiceDescriptor
    add: Callable[[Any, Any], None]
    servicer: object


class Server:
    """Serves until it is told to stop.

    At a stop, health turns NOT_SERVING, streams end with UNAVAILABLE and a resume token, and running calls
    have `stop_grace` seconds.
    """

    def __init__(
        self,
        settings: Settings,
        name: ServiceName,
        services: Sequence[Service],
        *,
        gate: Gate,
        checks: Mapping[str, Check],
    ) -> None:
        """`checks` are what health depends on: each raises where its part does not answer."""
        self._settings = settings
        self._name = name
        self._services = services
        self._pipeline = Pipeline(gate, settings)
        self._address = settings.address(name)
        self._port = 0
        self._stop = asyncio.Event()
        names = [service.descriptor.full_name for service in services]
        self._health = HealthProbe(names, checks)
        for method in _methods(services):
            if not gate.knows(method):
                raise ValueError(f"No role is set for {method}.")
        self._server = grpc.aio.server(
            interceptors=[self._pipeline],
            options=[
                ("grpc.max_receive_message_length", settings.max_message_bytes),
                ("grpc.max_send_message_length", settings.max_message_bytes),
                ("grpc.so_reuseport", 0),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_ping_interval_without_data_ms", _LEAST_PING_INTERVAL_MS),
            ],
        )

    @property
    def address(self) -> str:
        """Where it listens, with the port that was found for port 0."""
        if self._address.startswith("unix:"):
            return self._address
        return f"{self._address.rpartition(':')[0]}:{self._port}"

    async def __aenter__(self) -> Self:
        """Listen. Raises FailedPrecondition (ADDRESS_IN_USE)."""
        for service in self._services:
            service.add(service.servicer, self._server)
            for method in service.descriptor.methods:
                _compile_rules(method.input_type)
        health_pb2_grpc.add_HealthServicer_to_server(self._health.servicer, self._server)
        reflection.enable_server_reflection(
            [
                *(service.descriptor.full_name for service in self._services),
                health.SERVICE_NAME,
                reflection.SERVICE_NAME,
            ],
            self._server,
        )
        try:
            credentials = server_credentials(self._settings)
            if credentials is None:
                self._port = self._server.add_insecure_port(self._address)
            else:
                self._port = self._server.add_secure_port(self._address, credentials)
        except RuntimeError as error:
            raise FailedPrecondition(
                f"Cannot listen on {self._address}: {error}.", reason="ADDRESS_IN_USE"
            ) from error
        await self._health.start()
        await self._server.start()
        _log.info("serving", address=self.address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._health.stop()
        self._pipeline.end_streams()
        await self._server.stop(self._settings.stop_grace)
        _log.info("stopped")

    def stop(self) -> None:
        """Let `run` return."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `stop`."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self._stop.set)
        try:
            async with self:
                await self._stop.wait()
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def _methods(services: Sequence[Service]) -> list[str]:
    return [
        f"/{service.descriptor.full_name}/{method.name}"
        for service in services
        for method in service.descriptor.methods
    ]


def _compile_rules(request: Descriptor) -> None:
    """Compile a request's rules before the first caller would wait for it."""
    with suppress(InvalidArgument):
        validate(GetMessageClass(request)())
