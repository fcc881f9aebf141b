"""Connections to the three services of a platform."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import grpc

from maestro_client.interceptors import (
    Remaining,
    StreamingCalls,
    Token,
    Trace,
    Tunnels,
    UnaryCalls,
    Uploads,
)

if TYPE_CHECKING:  # the async stubs are a typing matter alone
    from maestro.environment.v1.environment_pb2_grpc import EnvironmentServiceAsyncStub
    from maestro.environment.v1.job_pb2_grpc import JobServiceAsyncStub
    from maestro.healing.v1.healing_pb2_grpc import HealingServiceAsyncStub
    from maestro.healing.v1.monitor_pb2_grpc import MonitorServiceAsyncStub
    from maestro.template.v1.template_pb2_grpc import TemplateServiceAsyncStub
    from maestro.template.v1.workflow_pb2_grpc import WorkflowServiceAsyncStub

_PORTS = {"healing": 8003, "environment": 8004, "template": 8005}
# How often a silent connection is tried; the services take pings more often than this.
_KEEPALIVE_MS = 30_000
_LOCAL = ("unix:", "127.", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where each service is reached, in gRPC's notation."""

    healing: str
    environment: str
    template: str

    @classmethod
    def at(cls, address: str) -> Endpoints:
        """`HOST`: the three on their usual ports. `HOST:PORT` or `unix:PATH`: all behind one address."""
        has_port = address.startswith("unix:") or ":" in address.rpartition("]")[2]
        if has_port:
            return cls(address, address, address)
        return cls(*(f"{address}:{_PORTS[name]}" for name in ("healing", "environment", "template")))


class Maestro:
    """A platform, asked with one token. Each service is connected to when it is first used."""

    def __init__(
        self,
        endpoints: Endpoints,
        token: Token,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        deadline: float = 30.0,
        trace: Trace = lambda: "",
        remaining: Remaining = lambda: None,
    ) -> None:
        """`token` is asked at each call; `deadline` is in seconds, for unary calls that name none.

        Who calls while being called hands on its `traceparent` and the seconds that are left of its own call.
        """
        self._endpoints = endpoints
        self._token = token
        self._credentials = credentials
        self._handed_on = (deadline, trace, remaining)
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()

    @property
    def parent(self) -> str:
        """`tenants/{tenant}` of the token. Raises ValueError where it names none."""
        return f"tenants/{_tenant_of(self._token())}"

    @cached_property
    def healing(self) -> HealingServiceAsyncStub:
        """HealingService."""
        from maestro.healing.v1.healing_pb2_grpc import HealingServiceStub

        return HealingServiceStub(self.channel(self._endpoints.healing))

    @cached_property
    def monitors(self) -> MonitorServiceAsyncStub:
        """MonitorService."""
        from maestro.healing.v1.monitor_pb2_grpc import MonitorServiceStub

        return MonitorServiceStub(self.channel(self._endpoints.healing))

    @cached_property
    def environments(self) -> EnvironmentServiceAsyncStub:
        """EnvironmentService."""
        from maestro.environment.v1.environment_pb2_grpc import EnvironmentServiceStub

        return EnvironmentServiceStub(self.channel(self._endpoints.environment))

    @cached_property
    def jobs(self) -> JobServiceAsyncStub:
        """JobService."""
        from maestro.environment.v1.job_pb2_grpc import JobServiceStub

        return JobServiceStub(self.channel(self._endpoints.environment))

    @cached_property
    def templates(self) -> TemplateServiceAsyncStub:
        """TemplateService."""
        from maestro.template.v1.template_pb2_grpc import TemplateServiceStub

        return TemplateServiceStub(self.channel(self._endpoints.template))

    @cached_property
    def workflows(self) -> WorkflowServiceAsyncStub:
        """WorkflowService."""
        from maestro.template.v1.workflow_pb2_grpc import WorkflowServiceStub

        return WorkflowServiceStub(self.channel(self._endpoints.template))

    def channel(self, endpoint: str) -> grpc.aio.Channel:
        """The connection to an endpoint, made at the first call and closed with this object."""
        if endpoint not in self._channels:
            self._channels[endpoint] = self._connected(endpoint)
        return self._channels[endpoint]

    def _connected(self, endpoint: str) -> grpc.aio.Channel:
        options: list[tuple[str, int]] = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
            ("grpc.http2.max_pings_without_data", 0),  # a job's log may be silent for long
        ]
        if endpoint.startswith(_LOCAL):
            options.append(("grpc.enable_http_proxy", 0))
        interceptors: list[grpc.aio.ClientInterceptor] = [
            shape(self._token, *self._handed_on) for shape in (UnaryCalls, StreamingCalls, Tunnels, Uploads)
        ]
        if self._credentials is None:
            return grpc.aio.insecure_channel(endpoint, options=options, interceptors=interceptors)
        return grpc.aio.secure_channel(
            endpoint, self._credentials, options=options, interceptors=interceptors
        )


def connect(
    endpoint: str | Endpoints | None = None,
    token: str | Callable[[], str] | None = None,
    *,
    credentials: grpc.ChannelCredentials | None = None,
    deadline: float = 30.0,
    trace: Trace = lambda: "",
    remaining: Remaining = lambda: None,
) -> Maestro:
    """A platform to use in an `async with` block.

    Without an endpoint or a token, MAESTRO_ENDPOINT and MAESTRO_TOKEN are taken, or this machine's usual
    ports and no token. `credentials` are for TLS; for the others see `Maestro`.
    """
    if not isinstance(endpoint, Endpoints):
        endpoint = Endpoints.at(endpoint or os.environ.get("MAESTRO_ENDPOINT") or "127.0.0.1")
    fixed = token if token is not None else os.environ.get("MAESTRO_TOKEN", "")
    source = fixed if callable(fixed) else lambda: fixed
    return Maestro(
        endpoint, source, credentials=credentials, deadline=deadline, trace=trace, remaining=remaining
    )


def _tenant_of(token: str) -> str:
    """The tenant that a token names; its signature is the service's to check."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, binascii.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("The token can't be read: it is no JSON Web Token.") from error
    if not isinstance(claims, Mapping) or not isinstance(claims.get("tenant"), str):
        raise ValueError("The token names no tenant.")
    return str(claims["tenant"])
