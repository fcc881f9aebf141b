"""What comes in by `maestro:streams:automation:errors`: the second door to the use cases of the RPCs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_core.events.commands import Command
from maestro_core.events.hub import Hub
from maestro_healing.domain.usecases.monitors import MonitorUseCases
from maestro_healing.events.messages import healing_message
from maestro_healing.rpc import requests
from maestro_healing.rpc.healing import HealingServicer

_RPC = "/maestro.healing.v1.HealingService/"


def commands(servicer: HealingServicer, monitors: MonitorUseCases, hub: Hub) -> list[Command]:
    """What the stream's group takes. `hub` tells from which number on a healing can be watched."""

    async def heal(error: monitor_pb2.ErrorFound, context: Any) -> Message:
        """Have an error healed where the policy of its monitor asks for that; else nothing comes of it."""
        if not error.monitor:
            return Empty()
        name = requests.monitor_name(error.monitor, "monitor")
        kind = requests.KINDS.get(error.kind)
        healing = await monitors.heal(*name, kind, error.revision, error.subject, hub.position)
        if healing is None:
            return Empty()
        return healing_pb2.CreateHealingResponse(healing=healing_message(healing, report=False))

    return [
        Command(healing_pb2.CreateHealingRequest, f"{_RPC}CreateHealing", servicer.CreateHealing),
        Command(healing_pb2.CancelHealingRequest, f"{_RPC}CancelHealing", servicer.CancelHealing),
        Command(healing_pb2.ApproveHealingRequest, f"{_RPC}ApproveHealing", servicer.ApproveHealing),
        Command(healing_pb2.RejectHealingRequest, f"{_RPC}RejectHealing", servicer.RejectHealing),
        # Who may have a failure healed is who may report one.
        Command(monitor_pb2.ErrorFound, f"{_RPC}CreateHealing", heal),
    ]
