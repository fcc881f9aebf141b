"""Channels with a token and nothing else: tests see what a service answers, as gRPC gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from maestro_core.rpc.tls import channel_credentials
from maestro_core.settings import Settings

_Continuation = Callable[[grpc.aio.ClientCallDetails, Any], Any]


def channel(endpoint: str, token: Callable[[], str], settings: Settings) -> grpc.aio.Channel:
    """A channel to `endpoint` (gRPC notation). `token` is asked at each call. Close it when done."""
    options = [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
    ]
    metadata = _Metadata(token)
    interceptors: list[grpc.aio.ClientInterceptor] = [
        shape(metadata) for shape in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)
    ]
    credentials = channel_credentials(settings)
    if credentials is None:
        return grpc.aio.insecure_channel(endpoint, options=options, interceptors=interceptors)
    return grpc.aio.secure_channel(endpoint, credentials, options=options, interceptors=interceptors)


class _Metadata:
    """What is added to each call."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def add(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", f"Bearer {self._token()}")
        return grpc.aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )


class _Adding:
    """gRPC asks for one interceptor for each shape of call; they all do the same."""

    def __init__(self, metadata: _Metadata) -> None:
        self._metadata = metadata


class _UnaryUnary(_Adding, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, request: object
    ) -> Any:
        return await continuation(self._metadata.add(details), request)


class _UnaryStream(_Adding, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, request: object
    ) -> Any:
        return await continuation(self._metadata.add(details), request)


class _StreamUnary(_Adding, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, requests: object
    ) -> Any:
        return await continuation(self._metadata.add(details), requests)


class _StreamStream(_Adding, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: _Continuation, details: grpc.aio.ClientCallDetails, requests: object
    ) -> Any:
        return await continuation(self._metadata.add(details), requests)
