"""The rules that stand in the contracts (protovalidate), checked in one place."""

from __future__ import annotations

import json

from google.protobuf.message import Message
from protovalidate import Validator, Violation

from maestro_core.errors import FieldViolation, InvalidArgument

_validator = Validator()


def validate(message: Message) -> None:
    """Raise InvalidArgument (VALIDATION_FAILED) with every rule that the message breaks."""
    broken = _validator.collect_violations(message)
    if not broken:
        return
    violations = [_violation(one) for one in broken]
    first = violations[0]
    raise InvalidArgument(
        f"{first.field}: {first.description}" if first.field else first.description,
        reason="VALIDATION_FAILED",
        violations=violations,
    )


def _violation(broken: Violation) -> FieldViolation:
    path = ""
    for element in broken.proto.field.elements if broken.proto.field is not None else ():
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            path += f"[{json.dumps(element.subscript.value)}]"
    return FieldViolation(path, broken.proto.message or broken.proto.rule_id)
