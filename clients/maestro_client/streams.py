"""Streams that go on where they broke off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Protocol, TypeVar

import grpc

from maestro.environment.v1 import job_pb2
from maestro_client.errors import MaestroError

if TYPE_CHECKING:  # the async stubs are a typing matter alone
    from maestro.environment.v1.job_pb2_grpc import JobServiceAsyncStub


class _WatchRequest(Protocol):
    resume_token: int


class _WatchEntry(Protocol):
    sequence: int


Request = TypeVar("Request", bound=_WatchRequest)
Entry = TypeVar("Entry", bound=_WatchEntry)


class _Patience:
    """How long to try again. What is received renews it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        self._end = time.monotonic() + self._seconds
        self._pause = 0.05

    async def spend(self, error: MaestroError) -> None:
        """Wait before the next try. Raises the error where another try makes no sense."""
        hopeless = error.code is not grpc.StatusCode.UNAVAILABLE and error.retry_after is None
        if hopeless or time.monotonic() > self._end:
            raise error
        self._pause = min(2.0, self._pause * 2)
        await asyncio.sleep(max(self._pause, error.retry_after or 0))


async def watch(
    rpc: grpc.aio.UnaryStreamMultiCallable[Request, Entry], request: Request, *, patience: float = 30.0
) -> AsyncGenerator[Entry, None]:
    """Entries of a Watch RPC, each once, over restarts of the service; bookmarks are among them.

    `patience` is how many seconds the service may be away. `request.resume_token` moves on as entries come.
    Raises MaestroError.
    """
    left = _Patience(patience)
    while True:
        call = rpc(request)
        try:
            async for entry in call:
                left.renew()
                request.resume_token = entry.sequence
                yield entry
            return
        except MaestroError as error:
            await left.spend(error)
        finally:
            call.cancel()


async def logs(
    jobs: JobServiceAsyncStub, name: str, *, follow: bool = True, offset: int = 0, patience: float = 30.0
) -> AsyncGenerator[bytes, None]:
    """What a job prints, from a byte on, over restarts of the service. Raises MaestroError."""
    left = _Patience(patience)
    while True:
        call = jobs.StreamJobLogs(job_pb2.StreamJobLogsRequest(name=name, offset=offset, follow=follow))
        try:
            async for piece in call:
                left.renew()
                offset = piece.offset + len(piece.data)
                yield piece.data
            return
        except MaestroError as error:
            await left.spend(error)
        finally:
            call.cancel()
