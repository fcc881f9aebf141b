"""One unit of work: state, events and audit, all or nothing."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

from google.protobuf.message import Message
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from maestro_core.context import Call, current_call, current_trace
from maestro_core.errors import AlreadyExists
from maestro_core.store.codec import Document
from maestro_core.store.tables import CoreTables


class Transaction:
    """What a unit of work writes through. Made by `Database`, on its thread, for one commit."""

    def __init__(self, connection: Connection, tables: CoreTables, source: str) -> None:
        self.connection = connection
        self.emitted = False
        self.audited = False
        self._tables = tables
        self._source = source

    def emit(self, stream: str, message: Message, *, tenant: str, subject: str, event_id: str = "") -> None:
        """Publish a message on a stream once this commits.

        `subject` is the name of the resource that it is about. A second event of one `event_id` is ignored.
        """
        dialect = postgresql if self.connection.dialect.name == "postgresql" else sqlite
        self.connection.execute(
            dialect.insert(self._tables.outbox).on_conflict_do_nothing(index_elements=["id"]),
            {
                "stream": stream,
                "id": event_id or str(uuid.uuid4()),
                "source": self._source,
                "type": message.DESCRIPTOR.full_name,
                "subject": subject,
                "time": datetime.now(UTC),
                "tenant": tenant,
                "traceparent": current_trace(),
                "data": message.SerializeToString(),
            },
        )
        self.emitted = True

    def audit(self, action: str, resource: str, *, tenant: str = "", subject: str = "") -> None:
        """Note who did what to which resource; the caller of the current call where nobody is named."""
        call = current_call()
        principal = call.principal if call is not None else None
        self.connection.execute(
            insert(self._tables.audit),
            {
                "time": datetime.now(UTC),
                "tenant": tenant or (principal.tenant if principal else ""),
                "subject": subject or (principal.subject if principal else self._source),
                "action": action,
                "resource": resource,
                "traceparent": current_trace(),
            },
        )
        self.audited = True

    def answered(self, call: Call) -> Document | None:
        """The answer that this request had before, if it had one.

        Raises AlreadyExists (REQUEST_ID_REUSED) where the id belongs to another request.
        """
        if not call.request_id or call.principal is None:
            return None
        requests = self._tables.requests.c
        row = self.connection.execute(
            select(requests.fingerprint, requests.answer).where(
                requests.tenant == call.principal.tenant, requests.request_id == call.request_id
            )
        ).one_or_none()
        if row is None:
            return None
        if row.fingerprint != call.fingerprint:
            raise AlreadyExists(
                f"The request_id {call.request_id!r} was used for another request.",
                reason="REQUEST_ID_REUSED",
            )
        document: Document = json.loads(row.answer)
        return document

    def remember(self, call: Call, answer: Document) -> None:
        """Keep the answer to a request that carries an id."""
        if call.request_id and call.principal is not None:
            self.connection.execute(
                insert(self._tables.requests),
                {
                    "tenant": call.principal.tenant,
                    "request_id": call.request_id,
                    "fingerprint": call.fingerprint,
                    "answer": json.dumps(answer, separators=(",", ":")),
                    "time": datetime.now(UTC),
                },
            )
