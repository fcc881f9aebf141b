"""What calls of every shape go through: context, trace, authentication, deadline, errors, checks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError, Message

from maestro_core.context import Call, enter, new_trace
from maestro_core.errors import DeadlineExceeded, DomainError, InvalidArgument, ResourceExhausted, Unavailable
from maestro_core.rpc.failures import answer_failure, unforeseen
from maestro_core.rpc.gate import Gate
from maestro_core.rpc.unimplemented import is_built, not_built, unknown
from maestro_core.settings import Settings

# Health and reflection are open to everybody, and nothing else is.
_OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.v1")

_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]]"


class Pipeline(grpc.aio.ServerInterceptor):
    """Wraps the handler of each RPC, once.

    Requests reach the wrapped handler as bytes: a stranger's are not even decoded, and what cannot be
    decoded gets an answer like any other bad request.
    """

    def __init__(self, gate: Gate, settings: Settings) -> None:
        self._gate = gate
        self._settings = settings
        self._load = Load(settings.max_calls, settings.max_streams)
        self._wrapped: dict[str, _Handler] = {}

    async def intercept_service(
        self, continuation: _Continuation, details: grpc.HandlerCallDetails
    ) -> _Handler:
        """The wrapped handler of a call."""
        handler = self._wrapped.get(details.method)
        if handler is None:
            original = await continuation(details)
            rpc = _Rpc(details.method, original, self._gate, self._settings, self._load)
            handler = rpc.handler()
            if original is not None:  # names that a stranger makes up must not fill the memory
                self._wrapped[details.method] = handler
        return handler

    def end_streams(self) -> None:
        """End every stream with UNAVAILABLE and its resume token, and take no new one."""
        self._load.stop()


class Load:
    """How many calls and streams are served. Streams are counted apart: they would starve the calls."""

    def __init__(self, max_calls: int, max_streams: int) -> None:
        self.stopping = False
        self._max_calls = max_calls
        self._max_streams = max_streams
        self._calls = 0
        self._streams: set[asyncio.Timeout] = set()

    def begin_call(self) -> None:
        """Count a call. Raises ResourceExhausted (TOO_MANY_CALLS)."""
        if self._calls >= self._max_calls:
            raise ResourceExhausted("Too many calls at one time.", reason="TOO_MANY_CALLS", retry_after=0.1)
        self._calls += 1

    def end_call(self) -> None:
        """The call has ended."""
        self._calls -= 1

    def begin_stream(self, scope: asyncio.Timeout) -> None:
        """Count a stream. Raises ResourceExhausted (TOO_MANY_STREAMS), Unavailable (STOPPING)."""
        if self.stopping:
            raise _stopping(None)
        if len(self._streams) >= self._max_streams:
            raise ResourceExhausted("Too many streams at one time.", reason="TOO_MANY_STREAMS", retry_after=1)
        self._streams.add(scope)

    def end_stream(self, scope: asyncio.Timeout) -> None:
        """The stream has ended."""
        self._streams.discard(scope)

    def stop(self) -> None:
        """Make every stream time out now."""
        self.stopping = True
        now = asyncio.get_running_loop().time()
        for scope in self._streams:
            scope.reschedule(now)


class _Rpc:
    """One RPC as it is served."""

    def __init__(
        self,
        method: str,
        handler: _Handler | None,
        gate: Gate,
        settings: Settings,
        load: Load,
    ) -> None:
        self._method = method
        self._open = method.startswith(_OPEN)
        self._gate = gate
        self._settings = settings
        self._load = load
        self._exists = handler is not None
        self._takes_stream = handler is not None and bool(handler.request_streaming)
        self._gives_stream = handler is not None and bool(handler.response_streaming)
        self._decode = handler.request_deserializer if handler else None
        self._encode = handler.response_serializer if handler else None
        self._behaviour = _behaviour_of(handler) if handler else None
        self._deadline = settings.upload_deadline if self._takes_stream else settings.default_deadline

    def handler(self) -> _Handler:
        """What gRPC calls."""
        make = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
            (True, True): grpc.stream_stream_rpc_method_handler,
        }[self._takes_stream, self._gives_stream]
        serve = self._serve_stream if self._gives_stream else self._serve_call
        return make(serve, request_deserializer=None, response_serializer=self._encode)

    async def _serve_call(self, received: Any, context: _Context) -> Message | None:
        given = context.time_remaining()
        # gRPC itself cancels the handler when a deadline that came with the call has passed.
        limit = self._deadline if given is None else None
        budget = limit or given
        return await self._guarded(
            context, budget, limit, lambda call, _: self._answer(call, received, context)
        )

    async def _serve_stream(self, received: Any, context: _Context) -> None:
        budget = context.time_remaining()
        await self._guarded(
            context, budget, budget, lambda call, scope: self._pour(call, received, context, scope)
        )

    async def _guarded(
        self,
        context: _Context,
        budget: float | None,
        limit: float | None,
        work: Callable[[Call, asyncio.Timeout], Coroutine[None, None, Message | None]],
    ) -> Message | None:
        """Run `work` as the call that `context` stands for, and turn whatever it raises into a status.

        It has `budget` seconds, and is cancelled here after `limit` seconds.
        """
        metadata = {
            key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)
        }
        call = Call(method=self._method, trace=metadata.get("traceparent") or new_trace())
        scope = asyncio.timeout(limit)
        if budget is not None:
            call.deadline = time.monotonic() + budget
        enter(call)
        failure: DomainError
        try:
            async with scope:
                if not self._open:
                    await self._admit(call, metadata)
                return await work(call, scope)
        except DomainError as error:
            failure = error
        except TimeoutError as error:
            failure = self._timed_out(scope) or unforeseen(error)
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception as error:
            failure = unforeseen(error)
        await answer_failure(context, failure)
        return None

    def _timed_out(self, scope: asyncio.Timeout) -> DomainError | None:
        if not scope.expired():
            return None
        return DeadlineExceeded("The deadline has passed.", reason="DEADLINE_EXCEEDED")

    async def _admit(self, call: Call, metadata: dict[str, str]) -> None:
        kind, _, token = metadata.get("authorization", "").partition(" ")
        await self._gate.authenticate(call, token if kind.lower() == "bearer" else "")
        if not self._exists:
            raise unknown(self._method)
        self._gate.authorise(call)

    async def _answer(self, call: Call, received: Any, context: _Context) -> Message:
        if self._open:  # who asks for health is told, however busy we are
            health: Message = await self._call(call, received, context)
            return health
        self._load.begin_call()
        try:
            answer: Message = await self._call(call, received, context)
        finally:
            self._load.end_call()
        return answer

    async def _pour(self, call: Call, received: Any, context: _Context, scope: asyncio.Timeout) -> None:
        """Write what the handler yields, message by message, each within the write timeout."""
        sequence: int | None = None
        self._load.begin_stream(scope)
        try:
            answers = self._call(call, received, context)
            if not hasattr(answers, "__aiter__"):  # the health service's Watch writes by itself
                await answers
                return
            async with aclosing(answers):
                async for answer in answers:
                    await self._write(context, answer, sequence)
                    sequence = getattr(answer, "sequence", None)
        except asyncio.CancelledError:
            if self._load.stopping and scope.when() is not None:
                raise _stopping(sequence) from None
            raise
        finally:
            self._load.end_stream(scope)

    async def _write(self, context: _Context, answer: Message, sequence: int | None) -> None:
        timeout = asyncio.timeout(self._settings.write_timeout)
        try:
            async with timeout:
                await context.write(answer)
        except TimeoutError as error:
            if not timeout.expired():
                raise
            raise ResourceExhausted(
                "The stream takes no messages.", reason="SLOW_SUBSCRIBER", metadata=_resume(sequence)
            ) from error

    def _call(self, call: Call, received: Any, context: _Context) -> Any:
        if self._behaviour is None or not (self._open or is_built(self._behaviour)):
            raise not_built(self._method)
        if self._takes_stream:
            return self._behaviour(self._requests(call, received), context)
        return self._behaviour(self._request(call, received), context)

    def _request(self, call: Call, raw: bytes) -> Message:
        if self._decode is None:
            raise not_built(self._method)
        try:
            request: Message = self._decode(raw)
        except DecodeError as error:
            raise InvalidArgument(
                "The request is no message of this RPC.", reason="MALFORMED_REQUEST"
            ) from error
        if not self._open:
            self._gate.check(call, request)
        return request

    async def _requests(self, call: Call, received: AsyncIterator[bytes]) -> AsyncIterator[Message]:
        async for raw in received:
            yield self._request(call, raw)


def _resume(sequence: int | None) -> dict[str, str]:
    return {} if sequence is None else {"resume_token": str(sequence)}


def _stopping(sequence: int | None) -> Unavailable:
    return Unavailable("The service stops.", reason="STOPPING", metadata=_resume(sequence), retry_after=1)


def _behaviour_of(handler: _Handler) -> Callable[[Any, Any], Any] | None:
    return handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
