"""The tenant in a request's resource names must be the caller's."""

from __future__ import annotations

from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from maestro_core.errors import PermissionDenied

# Fields that hold resource names, in the order in which they say what a request is about.
_NAMES = (
    "name",
    "parent",
    "environment",
    "execution",
    "healing",
    "job",
    "monitor",
    "project",
    "template",
    "uploaded",
    "workflow",
    "workspace",
)
_DEPTH = 3


@cache
def _paths(descriptor: Descriptor, depth: int = _DEPTH) -> tuple[tuple[str, ...], ...]:
    """Where names stand in a request, and in the messages inside it: updates, headers, specs."""
    own = [(name,) for name in _NAMES if _is_name(descriptor.fields_by_name.get(name))]
    inner = [
        (field.name, *path)
        for field in descriptor.fields
        if depth > 1 and field.message_type is not None and not field.is_repeated
        for path in _paths(field.message_type, depth - 1)
    ]
    return (*own, *inner)


def _is_name(field: FieldDescriptor | None) -> bool:
    return field is not None and field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated


def refuse_other_tenants(request: Message, tenant: str) -> None:
    """Raise PermissionDenied (TENANT_MISMATCH) where a name in the request is another tenant's."""
    for path in _paths(request.DESCRIPTOR):
        parts = _value(request, path).split("/", 2)
        if parts[0] == "tenants" and len(parts) > 1 and parts[1] != tenant:
            raise PermissionDenied("This belongs to another tenant.", reason="TENANT_MISMATCH")


def resource_of(request: Message) -> str:
    """The name or parent that the request is about, or an empty string."""
    return next((value for path in _paths(request.DESCRIPTOR) if (value := _value(request, path))), "")


def _value(request: Message, path: tuple[str, ...]) -> str:
    owner: object = request
    for part in path[:-1]:
        owner = getattr(owner, part)
    value: str = getattr(owner, path[-1])
    return value
