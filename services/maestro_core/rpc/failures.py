"""How a failure reaches the caller: known ones in full, unforeseen ones as a number to ask about."""

from __future__ import annotations

import secrets
from typing import Any

import grpc

from maestro_core.errors import DomainError, Internal
from maestro_core.logs import get_logger
from maestro_core.rpc.status import brief, code_of, trailers_of

_log = get_logger(__name__)


def unforeseen(error: BaseException) -> Internal:
    """Log an exception in full, and give what may be told of it."""
    error_id = secrets.token_hex(8)
    _log.error("unforeseen error", error_id=error_id, exc_info=error)
    return Internal(
        f"Something went wrong; the log tells under the id {error_id}.",
        reason="INTERNAL",
        metadata={"error_id": error_id},
    )


async def answer_failure(context: grpc.aio.ServicerContext[Any, Any], error: DomainError) -> None:
    """End the call with the error's status and details."""
    await context.abort(code_of(error), brief(error.message), trailers_of(error))
