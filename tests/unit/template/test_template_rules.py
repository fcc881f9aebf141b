"""Life cycle, versions, compatibility and differences."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from maestro_core.errors import FailedPrecondition, NotFound
from maestro_template.domain.compatibility import needs_major
from maestro_template.domain.diffing import Change, diff
from maestro_template.domain.lifecycle import check_transition, newest, pick
from maestro_template.domain.manifest import parse_manifest
from maestro_template.domain.model import Evidence, File, Status, Template, Version, Visibility

TIME = datetime(2030, 1, 1, tzinfo=UTC)


def version(number, evidence=()):
    return Version(number, "0" * 40, "d", "ana", "", TIME, evidence)


def template(status=Status.DRAFT, numbers=("1.0.0",)):
    versions = tuple(version(number) for number in numbers)
    return Template(
        "acme", "demo", "Demo", "", "c", "k", "o", status, Visibility.TENANT, (), "", versions, TIME, TIME
    )  # fmt: skip


ALLOWED = {
    ("draft", "in_review"), ("draft", "revoked"), ("in_review", "draft"), ("in_review", "published"),
    ("in_review", "revoked"), ("published", "deprecated"), ("published", "revoked"),
    ("deprecated", "published"), ("deprecated", "revoked"),
}  # fmt: skip


@pytest.mark.parametrize("source", list(Status))
@pytest.mark.parametrize("target", list(Status))
def test_the_life_cycle_has_these_steps_and_no_others(source, target):
    if (source, target) in ALLOWED:
        check_transition(template(source), target)
    else:
        with pytest.raises(FailedPrecondition) as caught:
            check_transition(template(source), target)
        assert caught.value.reason == "TRANSITION_REFUSED"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (["1.0.0", "1.10.0", "1.9.0"], "1.10.0"),
        (["1.0.0", "2.0.0-rc.1"], "1.0.0"),
        (["1.0.0-alpha", "1.0.0-alpha.1"], "1.0.0-alpha.1"),
    ],
)
def test_the_newest_version_is_the_highest_release(numbers, expected):
    assert newest([version(number) for number in numbers]).number == expected


def test_a_version_is_picked_by_its_number():
    made = template(numbers=("1.0.0", "1.1.0"))
    assert pick(made, "").number == "1.1.0"
    assert pick(made, "1.0.0").number == "1.0.0"
    with pytest.raises(NotFound) as caught:
        pick(made, "9.9.9")
    assert caught.value.reason == "VERSION_NOT_FOUND"


def test_quality_is_what_the_evidence_says_and_nothing_without():
    passed, failed = (Evidence("ruff", "1", "a", ok, "", 0.1, TIME) for ok in (True, False))
    assert version("1.0.0").score is None
    assert version("1.0.0", (passed,)).score == 1.0
    assert version("1.0.0", (passed, failed)).score == 0.5


def manifest(number, parameters):
    described = "id: a\nname: A\nsummary: S.\ncategory: c\nkind: k\nowner: o\n"
    return parse_manifest(f"{described}version: {number}\nparameters: {parameters}\n".encode())


OLD = (
    "{required: [a], properties: {a: {type: string}, b: {type: string, enum: [x, y]}, "
    "c: {type: integer, minimum: 1}}}"
)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("{required: [a], properties: {a: {type: string}, b: {type: string, enum: [x, y]}}}", "c is gone"),
        (OLD.replace("a: {type: string}", "a: {type: integer}"), "a was of type string"),
        (OLD.replace("[x, y]", "[x]"), "b takes fewer"),
        (OLD.replace("minimum: 1", "minimum: 2"), "c has another minimum"),
        (OLD.replace("a: {type: string}", "a: {type: string, maxLength: 3}"), "a has another maxLength"),
        (
            OLD.replace("[a]", "[a, d]").replace("properties: {", "properties: {d: {type: string}, "),
            "d must be answered",
        ),
    ],
)
def test_a_breaking_change_needs_a_major_version(parameters, words):
    old = manifest("1.4.0", OLD)
    assert words in needs_major(old, manifest("1.5.0", parameters))[0]
    assert needs_major(old, manifest("2.0.0", parameters)) == ()
    assert needs_major(manifest("0.4.0", OLD), manifest("0.5.0", parameters)) == ()


@pytest.mark.parametrize(
    "parameters",
    [
        OLD,
        OLD.replace("[x, y]", "[x, y, z]"),
        OLD.replace(", minimum: 1", ""),
        OLD.replace("properties: {", "properties: {d: {type: string, default: q}, "),
        OLD.replace("[a]", "[]"),
    ],
)
def test_a_wider_template_needs_none(parameters):
    assert needs_major(manifest("1.4.0", OLD), manifest("1.4.1", parameters)) == ()


def test_a_diff_says_what_git_would():
    old = {"a": File(b"1\n2\n"), "b": File(b"x"), "c": File(b"\0\1"), "d": File(b"same")}
    new = {"a": File(b"1\n3\n"), "c": File(b"\0\2"), "d": File(b"same", executable=True), "e": File(b"new")}
    found = {change.path: change for change in diff(old, new)}
    assert {path: change.change for path, change in found.items()} == {
        "a": Change.MODIFIED,
        "b": Change.REMOVED,
        "c": Change.MODIFIED,
        "d": Change.MODIFIED,
        "e": Change.ADDED,
    }
    assert found["a"].patch == "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n"
    assert "\\ No newline at end of file" in found["e"].patch
    assert found["c"].binary
    assert found["d"].patch == ""
