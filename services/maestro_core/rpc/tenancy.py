"""The tenant in a request's resource names must be the caller's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter

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


def names_in(request: Message) -> list[str]:
    """The resource names in a request, in the order in which they say what it is about; some may be empty."""
    return [value(request) for value in _values(request.DESCRIPTOR)]


def refuse_other_tenants(names: Iterable[str], tenant: str) -> None:
    """Raise PermissionDenied (TENANT_MISMATCH) where one of the names is another tenant's."""
    for name in names:
        parts = name.split("/", 2)
        if parts[0] == "tenants" and len(parts) > 1 and parts[1] != tenant:
            raise PermissionDenied("This belongs to another tenant.", reason="TENANT_MISMATCH")


@cache
def _values(descriptor: Descriptor) -> tuple[Callable[[Message], str], ...]:
    return tuple(attrgetter(".".join(path)) for path in _paths(descriptor))


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
