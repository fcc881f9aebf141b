"""Uploads: first a header that says what comes, then bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from maestro_core.errors import FieldViolation, InvalidArgument


async def received(requests: AsyncIterator[Any]) -> tuple[Any, AsyncIterator[bytes]]:
    """The header of an upload, and the bytes that follow.

    A request has a `header` or `data`. Raises InvalidArgument (HEADER_MISSING), and where the bytes are read
    InvalidArgument (HEADER_TWICE).
    """
    first = await anext(requests, None)
    if first is None or not first.HasField("header"):
        raise InvalidArgument(
            "The first message is the header.",
            reason="HEADER_MISSING",
            violations=[FieldViolation("header", "comes first")],
        )
    return first.header, _data(requests)


async def _data(requests: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    async for request in requests:
        if not request.HasField("data"):
            raise InvalidArgument(
                "After the header come bytes.",
                reason="HEADER_TWICE",
                violations=[FieldViolation("data", "follows the header")],
            )
        yield request.data
