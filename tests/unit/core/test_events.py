"""The envelope and the numbers of entries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_core.events import streams
from maestro_core.events.envelope import JSON, PROTOBUF, Event, Malformed

TEXT = st.text(min_size=1, max_size=20)
EVENTS = st.builds(
    Event,
    id=TEXT,
    source=TEXT,
    type=TEXT,
    subject=st.text(max_size=20),
    time=st.datetimes(timezones=st.just(UTC)),
    tenant=st.text(max_size=20),
    data=st.binary(max_size=50),
    traceparent=st.text(max_size=20),
    sequence=st.integers(0, 2**62),
    content_type=st.sampled_from([PROTOBUF, JSON]),
)


@given(EVENTS)
def test_an_event_comes_out_as_it_went_in(event: Event) -> None:
    fields = {name.encode(): value for name, value in event.to_fields().items()}
    assert Event.from_fields(fields) == event


def test_the_fields_are_those_of_cloudevents() -> None:
    event = Event("1", "/s", "t", "sub", datetime(2026, 1, 2, tzinfo=UTC), "t1", b"d", "00-x", 7)
    assert event.to_fields() == {
        "specversion": b"1.0",
        "id": b"1",
        "source": b"/s",
        "type": b"t",
        "subject": b"sub",
        "time": b"2026-01-02T00:00:00+00:00",
        "tenant": b"t1",
        "sequence": b"7",
        "traceparent": b"00-x",
        "datacontenttype": b"application/protobuf",
        "data": b"d",
    }


@given(st.dictionaries(st.binary(max_size=20), st.binary(max_size=20)))
def test_any_entry_is_an_event_or_malformed(fields: dict[bytes, bytes]) -> None:
    with pytest.raises(Malformed):
        Event.from_fields({**fields, b"specversion": b"0.1"})


def test_the_nine_streams_and_three_groups_have_their_names() -> None:
    names = {value for name, value in vars(streams).items() if name.isupper() and isinstance(value, str)}
    assert names == {
        "maestro:streams:automation:errors",
        "maestro:streams:automation:healings",
        "maestro:streams:automation:results",
        "maestro:streams:k8s:jobs",
        "maestro:streams:k8s:status",
        "maestro:streams:k8s:results",
        "maestro:streams:templates:requests",
        "maestro:streams:templates:results",
        "maestro:streams:templates:usage",
        "maestro-automation-workers",
        "maestro-k8s-workers",
        "maestro-template-workers",
    }


@pytest.mark.parametrize("stream", [streams.K8S_JOBS, streams.K8S_STATUS])
@given(first=st.integers(1, 2**42), second=st.integers(0, 1000))
def test_numbers_order_entries_as_redis_does(stream: str, first: int, second: int) -> None:
    """And a number leads back to its entry; it fits into 63 bits."""
    if not streams.is_command_stream(stream):
        second = 0
    entry_id = f"{first}-{second}"
    number = streams.number_of(stream, entry_id)
    assert streams.entry_id_of(stream, number) == entry_id
    assert streams.number_of(stream, f"{first + 1}-0") > number
    assert number < 2**63
