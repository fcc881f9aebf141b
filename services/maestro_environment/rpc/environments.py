"""The servicer of EnvironmentService."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

from maestro.environment.v1 import environment_pb2, environment_pb2_grpc, job_pb2
from maestro_core.context import current_principal
from maestro_core.errors import InvalidArgument
from maestro_core.events.envelope import Event
from maestro_core.events.hub import Bookmark, Hub
from maestro_environment.domain.names import EnvironmentName
from maestro_environment.domain.ports import Query
from maestro_environment.domain.usecases.environments import Environments
from maestro_environment.events.messages import (
    connection_message,
    duration,
    environment_message,
    isolation_message,
    kind_message,
)
from maestro_environment.rpc import requests

_PIECE = 2**16


class EnvironmentServicer(environment_pb2_grpc.EnvironmentServiceServicer):
    """Translates, and calls the use cases."""

    def __init__(self, environments: Environments, hub: Hub) -> None:
        self._environments = environments
        self._hub = hub

    async def CreateEnvironment(
        self, request: environment_pb2.CreateEnvironmentRequest, context: Any
    ) -> environment_pb2.CreateEnvironmentResponse:
        """Ask for an environment."""
        environment = await self._environments.create(
            requests.tenant(request.parent),
            request.environment_id,
            requests.environment_spec(request.spec),
            request.ttl.ToTimedelta() if request.HasField("ttl") else None,
            current_principal().subject,
        )
        return environment_pb2.CreateEnvironmentResponse(environment=environment_message(environment))

    async def GetEnvironment(
        self, request: environment_pb2.GetEnvironmentRequest, context: Any
    ) -> environment_pb2.GetEnvironmentResponse:
        """Give one, with its connections where the caller owns it."""
        sequence = self._hub.position
        environment = await self._environments.get(EnvironmentName.parse(request.name))
        connections = await self._environments.connections(environment, current_principal().subject)
        message = environment_message(environment)
        message.connections.extend(map(connection_message, connections))
        return environment_pb2.GetEnvironmentResponse(environment=message, sequence=sequence)

    async def ListEnvironments(
        self, request: environment_pb2.ListEnvironmentsRequest, context: Any
    ) -> environment_pb2.ListEnvironmentsResponse:
        """Give some."""
        sequence = self._hub.position
        query = Query(request.page_size, request.page_token, request.filter, request.order_by)
        page = await self._environments.list(requests.tenant(request.parent), query)
        return environment_pb2.ListEnvironmentsResponse(
            environments=map(environment_message, page.items),
            next_page_token=page.next_page_token,
            sequence=sequence,
        )

    async def DeleteEnvironment(
        self, request: environment_pb2.DeleteEnvironmentRequest, context: Any
    ) -> environment_pb2.DeleteEnvironmentResponse:
        """Ask for the end of one."""
        environment = await self._environments.delete(EnvironmentName.parse(request.name), request.etag)
        return environment_pb2.DeleteEnvironmentResponse(environment=environment_message(environment))

    async def ExtendEnvironment(
        self, request: environment_pb2.ExtendEnvironmentRequest, context: Any
    ) -> environment_pb2.ExtendEnvironmentResponse:
        """Move the expiry of one."""
        environment = await self._environments.extend(
            EnvironmentName.parse(request.name), request.ttl.ToTimedelta()
        )
        return environment_pb2.ExtendEnvironmentResponse(environment=environment_message(environment))

    async def WatchEnvironments(
        self, request: environment_pb2.WatchEnvironmentsRequest, context: Any
    ) -> AsyncIterator[environment_pb2.WatchEnvironmentsResponse]:
        """Stream changes of environments and their jobs."""
        token = request.resume_token if request.HasField("resume_token") else None

        def match(event: Event) -> bool:
            watched = request.environment
            return not watched or event.subject == watched or event.subject.startswith(f"{watched}/")

        events = self._hub.subscribe(requests.tenant(request.parent), token, match)
        async with aclosing(events):
            async for event in events:
                yield _change(event)

    async def CleanupExpired(
        self, request: environment_pb2.CleanupExpiredRequest, context: Any
    ) -> environment_pb2.CleanupExpiredResponse:
        """Take down what has expired, or say what that is."""
        names, orphans = await self._environments.clean_up(requests.tenant(request.parent), request.dry_run)
        return environment_pb2.CleanupExpiredResponse(environments=names, orphans=orphans)

    async def GetCapacity(
        self, request: environment_pb2.GetCapacityRequest, context: Any
    ) -> environment_pb2.GetCapacityResponse:
        """Say what there is to be had."""
        capacity = await self._environments.capacity(requests.tenant(request.parent))
        return environment_pb2.GetCapacityResponse(
            capacity=environment_pb2.Capacity(
                backend=capacity.backend,
                max_environments=capacity.max_environments,
                environments=capacity.environments,
                max_jobs=capacity.max_jobs,
                jobs=capacity.jobs,
                services=map(kind_message, sorted(capacity.services)),
                isolation=isolation_message(capacity.isolation),
                max_ttl=duration(capacity.max_ttl),
            )
        )

    async def OpenTunnel(
        self, request_iterator: AsyncIterator[environment_pb2.OpenTunnelRequest], context: Any
    ) -> AsyncIterator[environment_pb2.OpenTunnelResponse]:
        """Carry bytes both ways, until the environment's side has said all."""
        first = await anext(request_iterator, environment_pb2.OpenTunnelRequest())
        if not first.HasField("target"):
            raise InvalidArgument("The first message says where to.", reason="TARGET_MISSING")
        name = EnvironmentName.parse(first.target.environment)
        reader, writer = await self._environments.open_tunnel(name, first.target.port)
        sending = asyncio.create_task(_send(request_iterator, writer))
        try:
            with suppress(ConnectionError):
                while piece := await reader.read(_PIECE):
                    yield environment_pb2.OpenTunnelResponse(data=piece)
            if sending.done():
                sending.result()  # a message that is none
        finally:
            sending.cancel()
            writer.close()


async def _send(
    requests: AsyncIterator[environment_pb2.OpenTunnelRequest], writer: asyncio.StreamWriter
) -> None:
    """Send what the caller says, and then that he has said all. Raises InvalidArgument."""
    try:
        async for request in requests:
            if request.HasField("target"):
                raise InvalidArgument("A tunnel leads to one target.", reason="TARGET_TWICE")
            writer.write(request.data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except ConnectionError:
        pass  # the other side has gone, which the caller is told by the end of its bytes
    except BaseException:
        writer.transport.abort()
        raise


def _change(event: Event | Bookmark) -> environment_pb2.WatchEnvironmentsResponse:
    response = environment_pb2.WatchEnvironmentsResponse(sequence=event.sequence)
    if isinstance(event, Event):
        if event.type == environment_pb2.Environment.DESCRIPTOR.full_name:
            response.environment.ParseFromString(event.data)
        elif event.type == job_pb2.Job.DESCRIPTOR.full_name:
            response.job.ParseFromString(event.data)
    return response
