"""The call that is being served, wherever code runs on its behalf."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from maestro_core.errors import Unauthenticated
from maestro_core.identity import Principal


@dataclass(slots=True)
class Call:
    """One RPC or command while it is served. The layers fill it in as they learn more.

    `deadline` is on the monotonic clock, in seconds; `fingerprint` tells requests of one `request_id` apart;
    `resource` is the name or parent that the request is about.
    """

    method: str = ""
    trace: str = field(default_factory=lambda: new_trace())
    principal: Principal | None = None
    deadline: float | None = None
    request_id: str = ""
    fingerprint: str = ""
    resource: str = ""


_current: ContextVar[Call | None] = ContextVar("maestro_call", default=None)


def new_trace() -> str:
    """A fresh W3C `traceparent`."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def current_call() -> Call | None:
    """The call being served, or None in background work."""
    return _current.get()


def current_principal() -> Principal:
    """The caller. Raises Unauthenticated where there is none."""
    call = _current.get()
    if call is None or call.principal is None:
        raise Unauthenticated("No caller is known here.", reason="UNAUTHENTICATED")
    return call.principal


def current_trace() -> str:
    """The `traceparent` of the call, or an empty string in background work."""
    call = _current.get()
    return "" if call is None else call.trace


def remaining() -> float | None:
    """Seconds until the call's deadline (never below 0), or None where there is none."""
    call = _current.get()
    if call is None or call.deadline is None:
        return None
    return max(0.0, call.deadline - time.monotonic())


def enter(call: Call) -> None:
    """Make `call` the current one for the rest of this task."""
    _current.set(call)


@contextmanager
def serving(call: Call) -> Iterator[Call]:
    """Make `call` the current one within a block; background work that acts for a tenant uses it too."""
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)
