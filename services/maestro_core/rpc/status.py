"""Domain errors as `google.rpc.Status`: the one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from maestro_core import errors
from maestro_core.errors import DomainError, FieldViolation

DOMAIN = "maestro"
DETAILS_KEY = "grpc-status-details-bin"

CODES: Mapping[type[DomainError], grpc.StatusCode] = {
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Aborted: grpc.StatusCode.ABORTED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.OutOfRange: grpc.StatusCode.OUT_OF_RANGE,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
    errors.Cancelled: grpc.StatusCode.CANCELLED,
    errors.Internal: grpc.StatusCode.INTERNAL,
    errors.DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
}

# Clients refuse more than 8 KiB of trailing metadata, and an error may quote what it was given. In bytes; on
# the wire the message is there twice, once with up to three characters for a byte.
_LONGEST_TEXT = 1000
_LONGEST_VALUE = 200
_LONGEST_VIOLATIONS = 2000


def code_of(error: DomainError) -> grpc.StatusCode:
    """The status code of an error's kind, or of the kind that it derives from."""
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), grpc.StatusCode.UNKNOWN)


def status_of(error: DomainError) -> status_pb2.Status:
    """The error with its reason, its field violations and when to try again."""
    metadata = {key: brief(value, _LONGEST_VALUE) for key, value in error.metadata.items()}
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    ]
    if error.violations:
        details.append(_bad_request(error.violations))
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(int(error.retry_after * 1e9))
        details.append(retry)
    status = status_pb2.Status(code=code_of(error).value[0], message=brief(error.message))
    for detail in details:
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def brief(text: str, longest: int = _LONGEST_TEXT) -> str:
    """The text, cut where it has more bytes than a status should carry."""
    raw = text.encode("utf-8", "replace")
    return raw.decode() if len(raw) <= longest else raw[:longest].decode("utf-8", "ignore") + "…"


def _bad_request(violations: Sequence[FieldViolation]) -> error_details_pb2.BadRequest:
    """As many violations as a status should carry, and how many more there are."""
    bad, left = error_details_pb2.BadRequest(), len(violations)
    for one in violations:
        if bad.ByteSize() > _LONGEST_VIOLATIONS:
            bad.field_violations.add(description=f"{left} more are left out.")
            break
        bad.field_violations.add(
            field=brief(one.field, _LONGEST_VALUE), description=brief(one.description, _LONGEST_VALUE)
        )
        left -= 1
    return bad


def trailers_of(error: DomainError) -> tuple[tuple[str, str | bytes], ...]:
    """Trailing metadata that carries an error, with the resume token of a stream that was cut."""
    trailers: list[tuple[str, str | bytes]] = [(DETAILS_KEY, status_of(error).SerializeToString())]
    if "resume_token" in error.metadata:
        trailers.append(("resume-token", error.metadata["resume_token"]))
    return tuple(trailers)
