"""The second door: commands that come as entries of a stream, and end in the same handlers as the RPCs."""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from maestro.events.v1 import events_pb2
from maestro_core.context import Call, new_trace, serving
from maestro_core.errors import Aborted, DeadlineExceeded, DomainError, Internal, Unauthenticated, Unavailable
from maestro_core.events.consumer import Entry, GroupConsumer, Retry
from maestro_core.events.envelope import JSON, Event, Malformed
from maestro_core.rpc.failures import unforeseen
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.status import code_of
from maestro_core.store.database import Database

_TIMEOUT = 30.0
_LONGEST_REQUEST_ID = 64
# These say nothing about the command: it may succeed when it is tried again.
_PASSING = (Unavailable, Aborted, DeadlineExceeded, Internal)
_RESULTS = uuid.UUID("1f0a5c0e-6d1c-4e0b-9a50-6a8f3f1c7d21")

Handler = Callable[[Any, Any], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Command:
    """A message that a stream takes, the RPC that it stands for, and the handler of both.

    The handler gets None for the gRPC context.
    """

    message: type[Message]
    method: str
    handler: Handler


class CommandDoor:
    """Takes commands from a stream, and answers each once on the result stream with a CommandResult.

    An entry carries a token, valid when it was written, and is authenticated, authorised and checked as the
    RPC would be; its tenant is the token's. Its event id is the request id, so a second delivery changes
    nothing. What is no command, or nobody's, is set aside.
    """

    def __init__(
        self,
        database: Database,
        gate: Gate,
        redis_url: str,
        stream: str,
        group: str,
        results_stream: str,
        commands: Sequence[Command],
        *,
        consumer: str,
        max_deliveries: int = 8,
        first_retry: float = 0.5,
    ) -> None:
        self._database = database
        self._gate = gate
        self._stream = stream
        self._results_stream = results_stream
        self._commands = {command.message.DESCRIPTOR.full_name: command for command in commands}
        self._consumer = GroupConsumer(
            redis_url,
            stream,
            group,
            consumer,
            self.handle,
            max_deliveries=max_deliveries,
            first_retry=first_retry,
        )

    async def __aenter__(self) -> Self:
        await self._consumer.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.__aexit__(kind, error, trace)

    async def handle(self, entry: Entry) -> None:
        """Carry one entry out. Raises Malformed, and Retry where it may succeed later."""
        event = Event.from_fields(entry.fields)
        command = self._commands.get(event.type)
        if command is None:
            raise Malformed(f"{event.type!r} is no command of this stream.", reason="UNKNOWN_COMMAND")
        call = Call(method=command.method, trace=event.traceparent or new_trace())
        call.deadline = time.monotonic() + _TIMEOUT
        with serving(call):
            try:
                token = entry.fields.get(b"token", b"").decode()
                principal = await self._gate.authenticate(call, token, at=entry.written_at)
            except Unauthenticated as error:
                raise Malformed(error.message, reason=error.reason) from error
            except Unavailable as error:
                raise Retry(error.message) from error
            request = _decode(event, command.message)
            result = events_pb2.CommandResult(command_id=event.id, rpc=command.method)
            failure: DomainError | None = None
            try:
                result.response.Pack(await self._carry_out(command, call, request, event.id))
            except DomainError as error:
                failure = error
                if isinstance(error, _PASSING) and not entry.last:
                    raise Retry(error.message) from error
                result.failure.CopyFrom(_describe(error))
            await self._answer(result, principal.tenant, call.resource)
            if isinstance(failure, _PASSING):
                raise Retry(failure.message)  # for the last time: it is set aside

    async def _carry_out(self, command: Command, call: Call, request: Message, event_id: str) -> Message:
        try:
            self._gate.authorise(call)
            _identify(request, event_id)
            self._gate.check(call, request)
            async with asyncio.timeout(_TIMEOUT):
                return await command.handler(request, None)
        except DomainError:
            raise
        except TimeoutError as error:
            raise DeadlineExceeded("The command took too long.", reason="DEADLINE_EXCEEDED") from error
        except Exception as error:
            raise unforeseen(error) from error

    async def _answer(self, result: events_pb2.CommandResult, tenant: str, resource: str) -> None:
        """Publish the result. Its id follows from the command's, so there is one however often this runs."""
        event_id = str(uuid.uuid5(_RESULTS, f"{self._stream}\n{tenant}\n{result.command_id}"))
        await self._database.write(
            lambda transaction: transaction.emit(
                self._results_stream, result, tenant=tenant, subject=resource, event_id=event_id
            )
        )


def _decode(event: Event, kind: type[Message]) -> Message:
    request = kind()
    try:
        if event.content_type == JSON:
            json_format.Parse(event.data, request)
        else:
            request.ParseFromString(event.data)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError) as error:
        raise Malformed(f"The data is no {event.type}: {error}", reason="MALFORMED_DATA") from error
    return request


def _identify(request: Message, event_id: str) -> None:
    """Let the event's id be the request's, where the request can carry one."""
    if "request_id" in request.DESCRIPTOR.fields_by_name:
        fits = len(event_id) <= _LONGEST_REQUEST_ID
        request_id = event_id if fits else hashlib.sha256(event_id.encode()).hexdigest()
        request.MergeFrom(type(request)(request_id=request_id))


def _describe(error: DomainError) -> events_pb2.CommandFailure:
    return events_pb2.CommandFailure(
        code=code_of(error).name,
        reason=error.reason,
        message=error.message,
        violations=[
            events_pb2.FieldViolation(field=one.field, description=one.description)
            for one in error.violations
        ],
    )
