"""Fixtures that every test can use."""

import socket
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest


class Clock:
    """A clock that stands still until it is told to move: hand `clock.now` to the code under test."""

    def __init__(self, start: datetime) -> None:
        self._time = start

    def now(self) -> datetime:
        return self._time

    def advance(self, **duration: float) -> None:
        self._time += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _no_network(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit test that calls out is a mistake that works until the network does not."""
    if request.node.get_closest_marker("integration"):
        return

    def refuse(*_: object) -> NoReturn:
        raise RuntimeError("a unit test tried to reach the network: fake the call")

    monkeypatch.setattr(socket.socket, "connect", refuse)
