"""What waits for a person, and what they may say."""

from __future__ import annotations

import pytest

from maestro.healing.v1 import healing_pb2 as pb
from maestro_cli.failure import CliError
from maestro_cli.output import out
from maestro_cli.review.command import Options, _meant
from maestro_cli.review.proposals import Reviewed, as_json, show_group


def waiting(name: str, diff: str = "", **fields: object) -> pb.TestHealing:
    """A test that waits, unless told otherwise."""
    given = {"verdict": pb.VERDICT_PROPOSED, "review": pb.REVIEW_WANTED, "strategy": "s", **fields}
    return pb.TestHealing(test=name, diff=diff, **given)


DIFF = "diff --git a/t.py b/t.py\n--- a/t.py\n+++ b/t.py\n@@ -1 +1 @@\n-1\n+2\n"


@pytest.fixture
def reviewed() -> Reviewed:
    """Two with one edit, one of its own, one decided, one refused."""
    tests = [
        waiting("a", DIFF),
        waiting("b", DIFF),
        waiting("c", DIFF.replace("2", "3"), verdict=pb.VERDICT_HEALED),
        waiting("d", review=pb.REVIEW_APPROVED),
        waiting("e", verdict=pb.VERDICT_REFUSED),
    ]
    return Reviewed(pb.Healing(name="tenants/t/healings/h", report=pb.Report(tests=tests)), None)


def test_one_look_for_each_cause(reviewed: Reviewed) -> None:
    assert [[test.test for test in group] for group in reviewed.groups] == [["a", "b"], ["c"]]


def test_tests_of_one_cause_show_all_that_is_edited(capsys: pytest.CaptureFixture[str]) -> None:
    diff = "diff --git a/t.py b/t.py\n--- a/t.py\n+++ b/t.py\n@@ -{0} +{0} @@\n-old {0}\n+new {0}\n"
    tests = [waiting(f"t.py::test_{n}", diff.format(n), cause="c1") for n in range(1, 31)]
    healing = pb.Healing(report=pb.Report(tests=tests))
    (group,) = Reviewed(healing, None).groups
    out.cache_clear()
    show_group(group, 1, 1)
    said = capsys.readouterr().out
    out.cache_clear()
    assert "and 20 more of the same cause" in said
    assert (said.count("diff --git"), said.count("+new")) == (1, 30)


def test_programs_see_each_heal_and_its_review(reviewed: Reviewed) -> None:
    (one,) = as_json([reviewed])["healings"]  # type: ignore[misc,attr-defined]
    assert one["open"] == 3
    assert [(test["test"], test["review"]) for test in one["tests"]] == [
        ("a", "WANTED"),
        ("b", "WANTED"),
        ("c", "WANTED"),
        ("d", "APPROVED"),
    ]


def meant(reviewed: Reviewed, approve: str = "", reject: str = "") -> tuple[list[str], list[str]]:
    return _meant(reviewed, Options("h", tuple(approve.split()), tuple(reject.split()), False))


def test_all_is_what_waits_and_is_not_named(reviewed: Reviewed) -> None:
    assert meant(reviewed, "a", "all") == (["a"], ["b", "c"])
    assert meant(reviewed, "all") == (["a", "b", "c"], [])
    assert meant(reviewed, reject="d") == ([], ["d"])


@pytest.mark.parametrize(("approve", "reject"), [("e", ""), ("a nobody", ""), ("a", "a"), ("all", "all")])
def test_what_makes_no_sense_is_told(reviewed: Reviewed, approve: str, reject: str) -> None:
    with pytest.raises(CliError):
        meant(reviewed, approve, reject)


def test_evidence_is_numbered(capsys: pytest.CaptureFixture[str]) -> None:
    out.cache_clear()
    show_group([waiting("t\x1b[2J", DIFF, evidence=["One.", "Two [red]."])], 1, 2)
    said = capsys.readouterr().out
    out.cache_clear()
    assert "1 of 2  PROPOSED" in said
    assert "  1. One.\n  2. Two [red].\n" in said
    assert "t<U+001B>[2J" in said
