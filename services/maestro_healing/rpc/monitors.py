"""The servicer of MonitorService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from maestro.healing.v1 import monitor_pb2, monitor_pb2_grpc
from maestro_core.context import current_principal
from maestro_core.events.envelope import JSON, Event
from maestro_core.events.hub import Hub
from maestro_healing.domain.usecases.monitors import MonitorUseCases
from maestro_healing.domain.usecases.ports import Query
from maestro_healing.events.monitors import monitor_message
from maestro_healing.rpc import requests

_FOUND = monitor_pb2.ErrorFound.DESCRIPTOR.full_name


class MonitorServicer(monitor_pb2_grpc.MonitorServiceServicer):
    """Translates, and calls the use cases."""

    def __init__(self, monitors: MonitorUseCases, hub: Hub) -> None:
        """`hub` is the one of the stream that errors are published on."""
        self._monitors = monitors
        self._hub = hub

    async def CreateMonitor(
        self, request: monitor_pb2.CreateMonitorRequest, context: Any
    ) -> monitor_pb2.CreateMonitorResponse:
        """Start to watch a project."""
        monitor = await self._monitors.create(
            requests.tenant(request.parent),
            request.monitor_id,
            requests.wish(request.monitor),
            current_principal().subject,
        )
        return monitor_pb2.CreateMonitorResponse(monitor=monitor_message(monitor))

    async def GetMonitor(
        self, request: monitor_pb2.GetMonitorRequest, context: Any
    ) -> monitor_pb2.GetMonitorResponse:
        """Give one."""
        sequence = self._hub.position
        monitor = await self._monitors.get(*requests.monitor_name(request.name))
        return monitor_pb2.GetMonitorResponse(monitor=monitor_message(monitor), sequence=sequence)

    async def ListMonitors(
        self, request: monitor_pb2.ListMonitorsRequest, context: Any
    ) -> monitor_pb2.ListMonitorsResponse:
        """Give some."""
        sequence = self._hub.position
        query = Query(request.page_size, request.page_token)
        page = await self._monitors.list(requests.tenant(request.parent), query)
        return monitor_pb2.ListMonitorsResponse(
            monitors=[monitor_message(monitor) for monitor in page.items],
            next_page_token=page.next_page_token,
            sequence=sequence,
        )

    async def DeleteMonitor(
        self, request: monitor_pb2.DeleteMonitorRequest, context: Any
    ) -> monitor_pb2.DeleteMonitorResponse:
        """Stop to watch a project."""
        await self._monitors.delete(*requests.monitor_name(request.name))
        return monitor_pb2.DeleteMonitorResponse()

    async def WatchErrors(
        self, request: monitor_pb2.WatchErrorsRequest, context: Any
    ) -> AsyncIterator[monitor_pb2.WatchErrorsResponse]:
        """Stream what is found, whoever publishes it for one of the tenant's monitors."""
        start = request.resume_token if request.HasField("resume_token") else None
        tenant = requests.tenant(request.parent)
        events = self._hub.subscribe(tenant, start, lambda event: event.type == _FOUND)
        async with aclosing(events):
            async for event in events:
                entry = monitor_pb2.WatchErrorsResponse(sequence=event.sequence)
                if isinstance(event, Event):
                    error = _found(event)
                    if error is None or not error.monitor.startswith(f"tenants/{tenant}/monitors/"):
                        continue
                    entry.error.CopyFrom(error)
                yield entry


def _found(event: Event) -> monitor_pb2.ErrorFound | None:
    """The error that an entry tells of; None where it can't be read: the group sets that aside."""
    error = monitor_pb2.ErrorFound()
    try:
        if event.content_type == JSON:
            json_format.Parse(event.data, error)
        else:
            error.ParseFromString(event.data)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError):
        return None
    return error
