"""The outcome as JSON, JUnit XML, a commit message and a table of 80 columns."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from maestro.healing.v1 import healing_pb2 as pb
from maestro_cli.heal.report import all_healed, as_json, commit_message, show, write_junit
from maestro_cli.output import out, printable


@pytest.fixture
def report() -> pb.Report:
    """One test healed, one refused."""
    healed = pb.TestHealing(
        test="tests/test_catalog.py::TestLongClassName::test_with_a_rather_long_name_and_more[case-1]",
        verdict=pb.VERDICT_HEALED,
        strategy="api_contract_adaptation",
        confidence=0.93,
        evidence=["`find` became `get`."],
        diff="-a\n+b\n",
    )
    healed.duration.FromMilliseconds(1250)
    refused = pb.TestHealing(
        test="tests/test_desk.py::test_order",
        verdict=pb.VERDICT_REFUSED,
        reason="The docstring promises the soonest first.",
        evidence=["README line 8 says so."],
        failure="AssertionError: assert [2, 1] == [1, 2] \x1b[31mred\x00",
    )
    return pb.Report(tests=[healed, refused], patch="--- a\n", total=10, passed=8)


def test_json_has_what_programs_need(report: pb.Report) -> None:
    first, second = json.loads(json.dumps(as_json(report)))["tests"]
    assert first == {
        "test": "tests/test_catalog.py::TestLongClassName::test_with_a_rather_long_name_and_more[case-1]",
        "verdict": "HEALED",
        "strategy": "api_contract_adaptation",
        "confidence": 0.93,
        "review": False,
        "evidence": ["`find` became `get`."],
        "seconds": 1.25,
    }
    assert (second["verdict"], second["strategy"], second["review"]) == ("REFUSED", None, True)
    assert second["evidence"] == ["The docstring promises the soonest first.", "README line 8 says so."]
    assert as_json(report).keys() == {"tests", "patch"}
    assert as_json(report)["patch"] == "--- a\n"


def test_junit_fails_what_is_left(report: pb.Report, tmp_path: Path) -> None:
    write_junit(report, tmp_path / "junit.xml")
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    healed, refused = suite.findall("testcase")
    assert healed.find("failure") is None
    failure = refused.find("failure")
    assert failure is not None
    assert failure.get("message") == "The docstring promises the soonest first."
    assert failure.text == "AssertionError: assert [2, 1] == [1, 2] \ufffd[31mred\ufffd"


def test_everything_is_healed_only_where_nothing_is_left(report: pb.Report) -> None:
    assert not all_healed(report)
    del report.tests[1]
    assert all_healed(report)


def test_a_file_that_hid_its_tests_is_no_test_of_the_whole(
    report: pb.Report, capsys: pytest.CaptureFixture[str]
) -> None:
    report.total = 1
    out.cache_clear()
    show(report)
    assert "2 tests failed: 1 HEALED, 1 REFUSED" in capsys.readouterr().out
    out.cache_clear()


def test_the_commit_message_carries_the_evidence(report: pb.Report) -> None:
    message = commit_message(report)
    assert message.startswith("Heal 1 test")
    assert "- `find` became `get`." in message
    assert "test_order" not in message


def test_the_commit_message_follows_the_review(report: pb.Report) -> None:
    report.tests[0].review = pb.REVIEW_REJECTED
    report.tests.add(test="tests/test_x.py::test_x", verdict=pb.VERDICT_PROPOSED, review=pb.REVIEW_APPROVED)
    message = commit_message(report)
    assert "tests/test_x.py::test_x" in message
    assert "test_catalog" not in message


def test_what_a_terminal_would_obey_is_written_out() -> None:
    assert printable("a\x1b[2Jb\r\nc\rd\u202ee\tf\n") == "a<U+001B>[2Jb\r\nc<U+000D>d<U+202E>e\tf\n"


def test_what_is_shown_fits_80_columns(report: pb.Report, capsys: pytest.CaptureFixture[str]) -> None:
    out.cache_clear()
    show(report)
    text = capsys.readouterr().out
    out.cache_clear()
    assert "The docstring promises" in text
    assert "2 of 10 tests failed: 1 HEALED, 1 REFUSED" in text
    assert max(map(len, text.splitlines())) <= 80
