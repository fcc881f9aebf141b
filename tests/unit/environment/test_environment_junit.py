"""JUnit XML, as test runners write it and as attackers do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_environment.domain import junit
from maestro_environment.domain.job import TestCase, TestOutcome

REPORT = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="5">
<testcase classname="tests.test_a" name="test_good[1]" time="0.5"/>
<testcase classname="tests.test_a" name="test_bad" time="1,000.25">
  <failure message="assert 1 == 2&#10;more">def test_bad():\n    assert 1 == 2</failure></testcase>
<testcase classname="tests.test_a" name="test_setup"><error message="boom">trace</error></testcase>
<testcase classname="tests.test_a" name="test_skip" time="x"><skipped message="why"/></testcase>
<testcase classname="tests.test_a" name="test_twice"><failure message="first">1</failure>
  <error message="second"/>
  <system-out>chatter</system-out></testcase>
</testsuite></testsuites>"""


def test_what_pytest_writes() -> None:
    good, bad, setup, skip, twice = junit.parse(REPORT)
    assert good == TestCase("tests.test_a", "test_good[1]", TestOutcome.PASSED, 0.5)
    assert (bad.outcome, bad.seconds, bad.message) == (TestOutcome.FAILED, 1000.25, "assert 1 == 2")
    assert bad.details == "def test_bad():\n    assert 1 == 2"
    assert (setup.outcome, setup.details) == (TestOutcome.ERROR, "trace")
    assert (skip.outcome, skip.message, skip.seconds) == (TestOutcome.SKIPPED, "why", 0.0)
    assert (twice.outcome, twice.message, twice.details) == (TestOutcome.FAILED, "first", "1")


def test_a_report_that_breaks_off_keeps_what_was_whole() -> None:
    cut = REPORT[: REPORT.index(b"test_setup")]
    assert [case.name for case in junit.parse(cut)] == ["test_good[1]", "test_bad"]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"no xml",
        b"<html/>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite><testcase name="x"/></testsuite>',
        b"<testsuite>" * 100_000,
    ],
)
def test_what_is_refused(document: bytes) -> None:
    with pytest.raises(junit.JUnitError):
        junit.parse(document)


def test_long_texts_are_cut() -> None:
    text = "x" * 10**6
    case = f'<testcase name="{text}"><failure message="{text}">{text}</failure></testcase>'
    document = f"<testsuite>{case}</testsuite>"
    (case,) = junit.parse(document.encode())
    assert (len(case.name), len(case.message), len(case.details)) == (
        junit.MAX_NAME,
        junit.MAX_NAME,
        junit.MAX_DETAILS,
    )


def test_an_empty_report_has_no_tests() -> None:
    assert junit.parse(b"<testsuites/>") == ()


@given(st.binary(max_size=300))
def test_whatever_comes_is_either_read_or_refused(document: bytes) -> None:
    try:
        junit.parse(b"<testsuite><testcase name='a'>" + document)
    except junit.JUnitError:
        return
