"""Errors on the wire: whatever they quote, a client can take them."""

from __future__ import annotations

import base64
import urllib.parse

import pytest
from google.rpc import error_details_pb2, status_pb2

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_core.rpc.status import DETAILS_KEY, brief, trailers_of

SOFT_LIMIT = 8192  # of trailing metadata, in a client that sets nothing


@pytest.mark.parametrize("text", ["x" * 100_000, "😀" * 50_000, "\0" * 100_000, "\n" * 100_000])
def test_an_error_that_quotes_a_lot_stays_small(text: str) -> None:
    violations = [FieldViolation(f"field[{text}]", text) for _ in range(1000)]
    error = InvalidArgument(text, reason="R", violations=violations, metadata={"what": text})
    [(key, details)] = trailers_of(error)
    assert isinstance(details, bytes)
    on_the_wire = len(urllib.parse.quote(brief(error.message))) + len(base64.b64encode(details))
    assert on_the_wire + len(key) < SOFT_LIMIT
    status = status_pb2.Status.FromString(details)
    bad = next(bad for one in status.details if one.Unpack(bad := error_details_pb2.BadRequest()))
    assert 1 < len(bad.field_violations) < 100
    assert bad.field_violations[-1].description == f"{1001 - len(bad.field_violations)} more are left out."


def test_an_error_of_the_usual_size_is_told_in_full() -> None:
    violations = [FieldViolation(f"field{number}", "must be positive") for number in range(20)]
    [(key, details)] = trailers_of(InvalidArgument("Bad.", reason="R", violations=violations))
    assert key == DETAILS_KEY
    assert isinstance(details, bytes)
    status = status_pb2.Status.FromString(details)
    bad = next(bad for one in status.details if one.Unpack(bad := error_details_pb2.BadRequest()))
    assert [one.field for one in bad.field_violations] == [one.field for one in violations]
    assert status.message == "Bad."


def test_names_that_are_no_text_are_told_anyhow() -> None:
    assert brief("the file \udcff") == "the file ?"
