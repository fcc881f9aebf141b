"""Requests made from the contracts alone: a plausible one for each RPC, and ways to spoil it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

TENANT = "t1"
ID = "x1"
# For what the rules ask of a string; the first that fits is taken.
_TEXTS = (ID, "", "0" * 64)
_PART = re.compile(r"\(?\[a-z\]\[a-z0-9-\]\{0,62\}(?:\|-\))?")
_DEPTH = 4
_SECONDS = 60
_WHOLE = (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_INT64)

Path = tuple[FieldDescriptor, ...]


def sample(descriptor: Descriptor, depth: int = _DEPTH) -> Message:
    """A message in which every field is set that can be, as the rules ask."""
    message: Message = GetMessageClass(descriptor)()
    if descriptor.full_name == "google.protobuf.Duration":
        message.seconds = _SECONDS  # type: ignore[attr-defined]
    if descriptor.full_name.startswith("google.protobuf."):
        return message
    for field in descriptor.fields:
        oneof = field.containing_oneof
        if oneof is not None and oneof.fields[0] is not field and not field.has_presence:
            continue
        if oneof is None or oneof.fields[0] is field:
            _fill(message, field, depth)
    return message


def spoiled(descriptor: Descriptor, path: Path, text: str) -> Message:
    """The sample with a text at the end of a path."""
    message = sample(descriptor)
    owner: Any = message
    for field in path[:-1]:
        owner = _step(owner, field)
    last = path[-1]
    if _is_map(last):
        values = getattr(owner, last.name)
        values.clear()
        values[text] = text if _is_text(last.message_type.fields_by_name["value"]) else b""
    elif last.is_repeated:
        del getattr(owner, last.name)[:]
        getattr(owner, last.name).append(text)
    else:
        setattr(owner, last.name, text)
    return message


@cache
def texts(descriptor: Descriptor, depth: int = _DEPTH) -> tuple[Path, ...]:
    """Where texts stand in a message and in the messages inside it."""
    found: list[Path] = []
    for field in descriptor.fields:
        if _is_map(field):
            if _is_text(field.message_type.fields_by_name["key"]):
                found.append((field,))
        elif _is_text(field):
            found.append((field,))
        elif field.message_type is not None and depth > 1 and not _well_known(field.message_type):
            found += [(field, *rest) for rest in texts(field.message_type, depth - 1)]
    return tuple(found)


def not_utf8(message: Message) -> Iterator[bytes]:
    """The message as bytes, with each of its texts in turn no UTF-8."""
    marks = [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80"]
    for path, mark in product(texts(message.DESCRIPTOR), marks):
        text = "~" * len(mark)
        raw = spoiled(message.DESCRIPTOR, path, text).SerializeToString()
        assert text.encode() in raw
        yield raw.replace(text.encode(), mark)


def _fill(message: Message, field: FieldDescriptor, depth: int) -> None:
    if field.message_type is not None and not _is_map(field):
        if depth == 1:
            return
        inner = sample(field.message_type, depth - 1)
        if field.is_repeated:
            getattr(message, field.name).append(inner)
        else:
            getattr(message, field.name).CopyFrom(inner)
    elif _is_map(field):
        if _is_text(field.message_type.fields_by_name["key"]):
            getattr(message, field.name)[ID]  # a message value is made by asking for it
    elif field.type == FieldDescriptor.TYPE_STRING:
        text = _text_for(field)
        if field.is_repeated:
            getattr(message, field.name).append(text)
        else:
            setattr(message, field.name, text)
    elif field.enum_type is not None and not field.is_repeated:
        setattr(message, field.name, field.enum_type.values[-1].number)
    elif field.type == FieldDescriptor.TYPE_BYTES and not field.is_repeated:
        setattr(message, field.name, b"x")
    elif field.type in _WHOLE and not field.is_repeated:
        setattr(message, field.name, 1)


def _text_for(field: FieldDescriptor) -> str:
    rules = field.GetOptions().Extensions[validate_pb2.field]
    rule = rules.repeated.items.string if field.is_repeated else rules.string
    if rule.pattern.startswith("^tenants/"):
        return _PART.sub(ID, rule.pattern.strip("^$")).replace(ID, TENANT, 1)
    fitting = [
        one
        for one in getattr(rule, "in") or _TEXTS
        if re.search(rule.pattern, one) and len(one) >= rule.min_len
    ]
    assert fitting, f"no sample fits {field.full_name}: {rule.pattern}"
    return fitting[0]


def _step(owner: Any, field: FieldDescriptor) -> Any:
    value = getattr(owner, field.name)
    if not field.is_repeated:
        return value
    return value[0] if len(value) else value.add()


def _is_text(field: FieldDescriptor) -> bool:
    return field.type == FieldDescriptor.TYPE_STRING


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _well_known(descriptor: Descriptor) -> bool:
    return bool(descriptor.full_name.startswith("google.protobuf."))
