"""What comes in by `maestro:streams:automation:errors`: the second door to the use cases of the RPCs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty

from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_core.errors import Unimplemented
from maestro_core.events.commands import Command
from maestro_core.logs import get_logger
from maestro_healing.rpc.healing import HealingServicer

_log = get_logger(__name__)
_RPC = "/maestro.healing.v1.HealingService/"


def commands(servicer: HealingServicer) -> list[Command]:
    """What the stream's group takes."""
    return [
        Command(healing_pb2.CreateHealingRequest, f"{_RPC}CreateHealing", servicer.CreateHealing),
        Command(healing_pb2.CancelHealingRequest, f"{_RPC}CancelHealing", servicer.CancelHealing),
        Command(healing_pb2.ApproveHealingRequest, f"{_RPC}ApproveHealing", servicer.ApproveHealing),
        Command(healing_pb2.RejectHealingRequest, f"{_RPC}RejectHealing", servicer.RejectHealing),
        # Who may have a failure healed is who may report one.
        Command(monitor_pb2.ErrorFound, f"{_RPC}CreateHealing", _note),
    ]


async def _note(error: monitor_pb2.ErrorFound, context: Any) -> Empty:
    """Take a failure that was found, and say that nothing comes of it. Raises Unimplemented (NOT_BUILT)."""
    _log.warning(
        "a failure that was found is not healed: there are no monitors yet",
        reason="NOT_BUILT",
        monitor=error.monitor,
        subject=error.subject,
        error_kind=monitor_pb2.ErrorKind.Name(error.kind),
    )
    raise Unimplemented(
        "Only a monitor's policy can ask for the heal of a failure that was found, and there are no monitors "
        "yet. The entry is acknowledged; ask by CreateHealing.",
        reason="NOT_BUILT",
    )
