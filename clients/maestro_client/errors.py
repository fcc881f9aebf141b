"""What a call can fail with."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from google.rpc import error_details_pb2, status_pb2

_DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field of the request that breaks a rule."""

    field: str
    description: str


class MaestroError(Exception):
    """A call that failed.

    `reason` is stable and in UPPER_SNAKE_CASE; `message` is for a person; `retry_after` is in seconds and set
    where the service says that the same call may succeed later.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        reason: str = "",
        violations: tuple[FieldViolation, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or code.name
        self.violations = violations
        self.retry_after = retry_after

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> MaestroError:
        """The same failure with its `google.rpc.Status` details decoded."""
        reason, retry_after = "", None
        violations: tuple[FieldViolation, ...] = ()
        for detail in _status(error).details:
            info = error_details_pb2.ErrorInfo()
            bad_request = error_details_pb2.BadRequest()
            retry = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                reason = info.reason
            elif detail.Unpack(bad_request):
                violations = tuple(
                    FieldViolation(one.field, one.description) for one in bad_request.field_violations
                )
            elif detail.Unpack(retry):
                retry_after = retry.retry_delay.ToNanoseconds() / 1e9
        return cls(
            error.code(),
            error.details() or error.code().name,
            reason=reason,
            violations=violations,
            retry_after=retry_after,
        )


def _status(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY:
            return status_pb2.Status.FromString(value)
    return status_pb2.Status()
