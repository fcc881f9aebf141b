"""What every call goes through on its way out: token, trace, deadline, request id, retries, kind of error."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterable
from typing import Any

import grpc
from google.protobuf.message import Message

from maestro_client.errors import MaestroError

Token = Callable[[], str]
Trace = Callable[[], str]
Remaining = Callable[[], float | None]
_Continuation = Callable[[grpc.aio.ClientCallDetails, Any], Any]

_ATTEMPTS = 4
_UPLOAD_SECONDS = 900.0


class _Outgoing:
    """gRPC asks for one interceptor for each shape of call; this is what they share."""

    def __init__(self, token: Token, deadline: float, trace: Trace, remaining: Remaining) -> None:
        self._token = token
        self._deadline = deadline
        self._trace = trace
        self._remaining = remaining

    def _signed(
        self, details: grpc.aio.ClientCallDetails, timeout: float | None
    ) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        token = self._token()
        if token:
            metadata.add("authorization", f"Bearer {token}")
        trace = self._trace()
        if trace:
            metadata.add("traceparent", trace)
        bounds = [seconds for seconds in (timeout, self._remaining()) if seconds is not None]
        return grpc.aio.ClientCallDetails(
            details.method, min(bounds, default=None), metadata, details.credentials, details.wait_for_ready
        )


class UnaryCalls(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):
    """Repeats a call for as long as the service names a time after which it may succeed."""

    async def intercept_unary_unary(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        request = repeatable(request)
        end = time.monotonic() + (self._deadline if details.timeout is None else details.timeout)
        left = _ATTEMPTS
        while True:
            try:
                return await (await continuation(self._signed(details, end - time.monotonic()), request))
            except grpc.aio.AioRpcError as error:
                failure = MaestroError.of(error)
                left -= 1
                pause = (failure.retry_after or 0) * random.uniform(1, 1.5)
                if failure.retry_after is None or not left or time.monotonic() + pause >= end:
                    raise failure from error
            await asyncio.sleep(pause)


class StreamingCalls(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):
    """Streams of answers; they have no deadline of their own accord."""

    async def intercept_unary_stream(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, request: Any
    ) -> _Translated:
        return _Translated(await continuation(self._signed(details, details.timeout), request))


class Tunnels(_Outgoing, grpc.aio.StreamStreamClientInterceptor):
    """Streams both ways; they have no deadline of their own accord."""

    async def intercept_stream_stream(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, requests: Any
    ) -> _Translated:
        return _Translated(await continuation(self._signed(details, details.timeout), requests))


class Uploads(_Outgoing, grpc.aio.StreamUnaryClientInterceptor):
    """Streams of requests; they have more time than other calls."""

    async def intercept_stream_unary(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, requests: Any
    ) -> Any:
        timeout = _UPLOAD_SECONDS if details.timeout is None else details.timeout
        return _Upload(await continuation(self._signed(details, timeout), None), requests)


class _Translated:
    """A call as gRPC expects it back from an interceptor, which fails with MaestroError."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from self._call.__await__())
        except grpc.aio.AioRpcError as error:
            raise MaestroError.of(error) from error

    async def __aiter__(self) -> AsyncIterator[Any]:
        try:
            async for answer in self._call:
                yield answer
        except grpc.aio.AioRpcError as error:
            raise MaestroError.of(error) from error


class _Upload(_Translated):
    """An upload whose answer is the service's, also where it comes before everything is sent.

    gRPC puts an INTERNAL of its own in the place of an answer where it finds afterwards that a message could
    not be sent. So we send, and stop at the moment at which the answer is there.
    """

    def __init__(self, call: Any, requests: Iterable[Any] | AsyncIterable[Any]) -> None:
        super().__init__(call)
        self._sending = asyncio.create_task(_send(call, requests))
        call.add_done_callback(lambda _: self._sending.cancel())

    def __await__(self) -> Generator[Any, None, Any]:
        return self._answer().__await__()

    async def _answer(self) -> Any:
        try:
            await asyncio.wait([self._sending])
            if not self._sending.cancelled():
                self._sending.result()  # the requests themselves may have failed
            return await self._call
        except grpc.aio.AioRpcError as error:
            raise MaestroError.of(error) from error
        finally:
            self._call.cancel()


async def _send(call: Any, requests: Iterable[Any] | AsyncIterable[Any]) -> None:
    async for request in _each(requests):
        if not await _sent(call.write(request)):
            return
    await _sent(call.done_writing())


async def _each(requests: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
    else:
        for request in requests:
            yield request


async def _sent(sending: Awaitable[None]) -> bool:
    """Whether it could be sent; where not, the call itself tells why."""
    try:
        await sending
    except (grpc.aio.AioRpcError, grpc.aio.InternalError, asyncio.InvalidStateError):
        return False
    return True


def repeatable(request: Message) -> Message:
    """The request with a `request_id` where it can have one, so that sending it again changes nothing."""
    field = request.DESCRIPTOR.fields_by_name.get("request_id")
    if field is None or getattr(request, field.name):
        return request
    copy = type(request)()
    copy.CopyFrom(request)
    setattr(copy, field.name, uuid.uuid4().hex)
    return copy
