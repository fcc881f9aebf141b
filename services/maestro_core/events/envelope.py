"""One event as it stands in a stream: a Redis field for each CloudEvents 1.0 attribute, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

PROTOBUF = "application/protobuf"
JSON = "application/json"
_SPEC_VERSION = "1.0"


class Malformed(Exception):
    """An entry that nobody can handle, however often it is tried. `reason` is stable."""

    def __init__(self, message: str, *, reason: str = "MALFORMED_ENTRY") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, to what, in which tenant.

    `type` is the full name of the message in `data`; `sequence` is its number in the stream, 0 before it
    has one; `content_type` says whether `data` is protobuf or JSON.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    tenant: str
    data: bytes
    traceparent: str = ""
    sequence: int = 0
    content_type: str = PROTOBUF

    def to_fields(self) -> dict[str, bytes]:
        """The fields of its entry."""
        texts = {
            "specversion": _SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "tenant": self.tenant,
            "sequence": str(self.sequence),
            "traceparent": self.traceparent,
            "datacontenttype": self.content_type,
        }
        return {**{name: text.encode() for name, text in texts.items()}, "data": self.data}

    @classmethod
    def from_fields(cls, fields: Mapping[bytes, bytes]) -> Event:
        """Read an entry. Raises Malformed."""
        text = _texts(fields)
        if text.get("specversion") != _SPEC_VERSION:
            raise Malformed(f"specversion must be {_SPEC_VERSION}, not {text.get('specversion')!r}.")
        missing = [name for name in ("id", "source", "type") if not text.get(name)]
        if missing or b"data" not in fields:
            raise Malformed(f"Missing: {', '.join(missing) or 'data'}.")
        content_type = text.get("datacontenttype") or PROTOBUF
        if content_type not in (PROTOBUF, JSON):
            raise Malformed(f"datacontenttype must be {PROTOBUF} or {JSON}, not {content_type!r}.")
        try:
            time = datetime.fromisoformat(text["time"]) if text.get("time") else datetime.min
            sequence = int(text.get("sequence") or 0)
        except ValueError as error:
            raise Malformed(f"Not a time or a number: {error}.") from error
        return cls(
            id=text["id"],
            source=text["source"],
            type=text["type"],
            subject=text.get("subject", ""),
            time=time,
            tenant=text.get("tenant", ""),
            data=fields[b"data"],
            traceparent=text.get("traceparent", ""),
            sequence=sequence,
            content_type=content_type,
        )


def _texts(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    try:
        return {name.decode(): value.decode() for name, value in fields.items() if name != b"data"}
    except UnicodeDecodeError as error:
        raise Malformed(f"Not UTF-8: {error}.") from error
