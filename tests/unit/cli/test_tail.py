"""One line, or one object, for each event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maestro.environment.v1 import job_pb2
from maestro_cli.output import out
from maestro_cli.tail import show
from maestro_core.events.envelope import JSON, Event

STREAM = "maestro:streams:k8s:status"
NAME = "tenants/acme/environments/e/jobs/j"
EVENT = Event(
    id="1",
    source="/maestro/environment",
    type="maestro.environment.v1.Job",
    subject=NAME,
    time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    tenant="acme",
    data=job_pb2.Job(name=NAME, state=job_pb2.JOB_STATE_OUT_OF_MEMORY).SerializeToString(),
    sequence=7,
)


@pytest.fixture(autouse=True)
def _fresh_output() -> Iterator[None]:
    out.cache_clear()
    yield
    out.cache_clear()


def fields(event: Event) -> dict[bytes, bytes]:
    """An entry as Redis gives it."""
    return {name.encode(): value for name, value in event.to_fields().items()}


def test_a_line_tells_what_became_of_which_resource(capsys: pytest.CaptureFixture[str]) -> None:
    show(STREAM, fields(EVENT), as_json=False)
    assert capsys.readouterr().out.split() == [
        "03:04:05",
        "7",
        "k8s:status",
        "Job",
        "acme",
        "j",
        "OUT_OF_MEMORY",
    ]


def test_an_object_holds_the_data_and_never_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    show(STREAM, {**fields(EVENT), b"token": b"secret"}, as_json=True)
    printed = capsys.readouterr().out
    assert json.loads(printed)["data"] == {"name": NAME, "state": "JOB_STATE_OUT_OF_MEMORY"}
    assert "secret" not in printed


@pytest.mark.parametrize("entry", [{b"x": b"\xff"}, fields(replace(EVENT, data=b"{", content_type=JSON))])
def test_what_cannot_be_read_stops_nothing(
    entry: dict[bytes, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    show(STREAM, entry, as_json=True)
    assert json.loads(capsys.readouterr().out)["stream"] == STREAM
    show(STREAM, entry, as_json=False)
    assert "k8s:status" in capsys.readouterr().out
