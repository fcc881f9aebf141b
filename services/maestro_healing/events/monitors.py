"""Monitors and what they find as messages of the contract."""

from __future__ import annotations

from datetime import timedelta

from maestro.healing.v1 import monitor_pb2
from maestro_healing.domain.monitor import FoundError, Heal, Monitor
from maestro_healing.events.messages import spec_message


def monitor_message(monitor: Monitor) -> monitor_pb2.Monitor:
    """A monitor, with the healings that it asked for."""
    message = monitor_pb2.Monitor(
        name=monitor.name,
        spec=spec_message(monitor.spec),
        kinds=[f"ERROR_KIND_{kind}" for kind in monitor.kinds],
        heal=monitor.heal,
        push=monitor.push,
        owner=monitor.owner,
        last_revision=monitor.last_revision,
        healings=[_heal(monitor, heal) for heal in monitor.heals],
        etag=monitor.etag,
    )
    message.interval.FromTimedelta(timedelta(seconds=monitor.interval))
    message.create_time.FromDatetime(monitor.create_time)
    if monitor.last_look is not None:
        message.last_look_time.FromDatetime(monitor.last_look)
    if monitor.failure is not None:
        message.failure.reason = monitor.failure.reason
        message.failure.message = monitor.failure.message
    return message


def error_message(monitor: Monitor, error: FoundError, revision: str) -> monitor_pb2.ErrorFound:
    """A failure that a monitor found."""
    return monitor_pb2.ErrorFound(
        kind=f"ERROR_KIND_{error.kind}",
        monitor=monitor.name,
        revision=revision,
        subject=error.subject,
        message=error.message,
    )


def _heal(monitor: Monitor, heal: Heal) -> monitor_pb2.MonitorHealing:
    return monitor_pb2.MonitorHealing(
        healing=f"tenants/{monitor.tenant}/healings/{heal.healing}",
        revision=heal.revision,
        branch=heal.branch,
        commit=heal.commit,
        outcome=heal.outcome,
    )
