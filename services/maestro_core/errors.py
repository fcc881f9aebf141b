"""Errors that use cases raise. They know nothing of gRPC: `rpc.status` maps each kind to a status code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field of a request that breaks a rule."""

    field: str
    description: str


class DomainError(Exception):
    """Something a caller did or must know about.

    `reason` is stable and in UPPER_SNAKE_CASE; `message` is for a person; `retry_after` is in seconds and set
    where the same call may succeed later.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        violations: Sequence[FieldViolation] = (),
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.violations = tuple(violations)
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after


class InvalidArgument(DomainError):
    """The request is wrong, whatever the state of the system."""


class NotFound(DomainError):
    """What was asked for is not there, or not visible to this tenant."""


class AlreadyExists(DomainError):
    """What was to be made is there already."""


class FailedPrecondition(DomainError):
    """The system is not in a state in which the call makes sense; somebody must change something first."""


class Aborted(DomainError):
    """A concurrent change came first: read again, then repeat."""


class PermissionDenied(DomainError):
    """The caller is known, and may not do this."""


class Unauthenticated(DomainError):
    """The caller is not known."""


class ResourceExhausted(DomainError):
    """A quota or a limit is reached."""


class OutOfRange(DomainError):
    """A position beyond what there is."""


class Unavailable(DomainError):
    """Something this call needs is away for now."""


class Unimplemented(DomainError):
    """This is not built."""


class Cancelled(DomainError):
    """The work was stopped on request."""


class DeadlineExceeded(DomainError):
    """The time that the caller gave is over."""


class Internal(DomainError):
    """Something that nobody foresaw. The caller learns its id; the log has all of it."""
