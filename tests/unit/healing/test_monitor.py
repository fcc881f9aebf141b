"""What a monitor makes of a look: what is new, what is to be healed, when to look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.healing import Failure, HealingSpec, Source
from maestro_healing.domain.looking import READERS, Output
from maestro_healing.domain.monitor import (
    Checked,
    ErrorKind,
    FoundError,
    Look,
    Monitor,
    OpenErrors,
    Seen,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A, B, C = (letter * 40 for letter in "abc")
TEST, LINT = ErrorKind.TEST, ErrorKind.LINT


def failing(*subjects: str, kind: ErrorKind = TEST, complete: bool = True) -> Checked:
    """These fail."""
    return Checked(kind, tuple(FoundError(kind, one, "E: x", "E") for one in subjects), complete)


def monitor(**fields: object) -> Monitor:
    """A monitor that heals, of a branch."""
    spec = HealingSpec(Source(git_url="https://example.org/a.git", git_revision="main"))
    given = Monitor("t", "m", spec, "somebody", NOW, 60, (TEST,), NOW, heal=True)
    return replace(given, **fields)  # type: ignore[arg-type]


def looks(watched: Monitor, *looked: tuple[str, Checked]) -> Monitor:
    """After these looks, one after the other."""
    known = OpenErrors()
    for revision, checked in looked:
        seen = Seen((checked,))
        known, new = known.after(seen)
        watched = watched.looked(Look(revision, seen), new, NOW)
    return watched


def test_an_error_is_new_when_the_look_before_did_not_see_it() -> None:
    known, told = OpenErrors(), []
    for checked in (
        failing("a", "b"),
        failing("a", "b", "b"),
        failing("c", complete=False),  # a and b may still be there
        failing("a"),
        failing("a", "b"),
    ):
        known, new = known.after(Seen((checked, failing("a", kind=LINT))))
        told.append([f"{error.kind} {error.subject}" for error in new])
    assert told == [["TEST a", "TEST b", "LINT a"], [], ["TEST c"], [], ["TEST b"]]
    assert known.after(Seen((failing(kind=LINT),)))[0].keys[TEST] == known.keys[TEST]


def test_another_failure_of_the_same_test_is_another_error() -> None:
    one = FoundError(TEST, "a", "AssertionError: 1", "builtins.AssertionError")
    assert one.key == replace(one, message="AssertionError: 2").key
    assert one.key != replace(one, mark="builtins.KeyError").key
    assert one.key != replace(one, kind=LINT).key


def test_what_is_new_is_healed_from_the_last_commit_at_which_the_tests_ran() -> None:
    (heal,) = looks(monitor(), (A, failing()), (B, failing("x", "y"))).heals
    assert (heal.revision, heal.base_revision, heal.tests) == (B, A, ("x", "y"))
    (heal,) = looks(monitor(), (A, failing("x"))).heals
    assert heal.base_revision == ""
    (heal,) = looks(monitor(), (A, failing()), (f"{B}+dirty.1", failing()), (C, failing("x"))).heals
    assert heal.base_revision == A
    (heal,) = looks(monitor(), (A, failing()), (B, failing(complete=False)), (C, failing("x"))).heals
    assert heal.base_revision == A
    named = replace(monitor().spec, base_revision="v1")
    (heal,) = looks(monitor(spec=named), (A, failing()), (B, failing("x"))).heals
    assert heal.base_revision == "v1"
    assert looks(monitor(heal=False), (A, failing("x"))).heals == ()
    assert looks(monitor(), (A, failing("x", kind=LINT))).heals == ()


def test_the_same_is_healed_once() -> None:
    seen = looks(monitor(), (A, failing("x")), (B, failing()), (A, failing("x")), (C, failing("x")))
    assert [heal.revision for heal in seen.heals] == [A]
    (heal,) = seen.heals
    assert seen.heal_of(A, ("x",)) == heal
    other = seen.heal_of(A, ("z",))
    assert other.healing != heal.healing
    assert other == seen.heal_of(A, ("z",))
    again = replace(seen, create_time=NOW + MINUTE, heals=())
    assert again.heal_of(A, ("x",)).healing != heal.healing


def test_of_what_is_over_the_last_few_are_kept_and_of_what_is_not_all() -> None:
    watched = monitor()
    for number in range(60):
        heal = watched.heal_of(f"r{number}", ("x",))
        watched = watched.asking_for(replace(heal, outcome="" if number < 5 else "over"))
    assert len(watched.heals) == 25
    assert [heal.revision for heal in watched.heals][:6] == ["r0", "r1", "r2", "r3", "r4", "r40"]


@pytest.mark.parametrize("id", ["m", "m" * 63])
def test_the_name_of_a_healing_is_one(id: str) -> None:
    assert len(monitor(id=id).heal_of(A, ("x",)).healing) <= 63


def test_pauses_grow_while_nothing_comes_of_a_look() -> None:
    away = Failure("CLONE_FAILED", "")
    watched = monitor()
    pauses = []
    for _ in range(9):
        watched = watched.missed(away, NOW)
        pauses.append((watched.next_look - NOW) / MINUTE)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert watched.unchanged(NOW).missed(away, NOW).next_look == NOW + MINUTE
    rare = monitor(interval=7200.0).missed(away, NOW)
    assert rare.next_look == NOW + timedelta(hours=2)


def test_a_revision_is_looked_at_again_where_that_may_show_more() -> None:
    for reason, revision in (("NO_TESTS", A), ("INDEX_UNREACHABLE", ""), ("TOOL_UNAVAILABLE", "")):
        look = Look(A, Seen((failing(complete=False),), Failure(reason, "")))
        seen = monitor().looked(look, (), NOW)
        assert (seen.last_revision, seen.base) == (revision, "")
        assert seen.failure is not None


def test_a_branch_that_can_not_be_made_is_tried_a_few_times() -> None:
    heal, now = monitor().heal_of(A, ("x",)), NOW
    tries = 0
    while not heal.outcome:
        assert heal.is_due(now)
        heal = heal.again_later("away", now)
        assert heal.outcome or not heal.is_due(now)
        now, tries = heal.due or now, tries + 1
    assert (tries, heal.outcome, heal.is_due(now)) == (6, "away", False)


def said(text: str, status: int | None = 1, log: str = "", *, timed_out: bool = False) -> Output:
    """What a tool said."""
    return Output(text, status, timed_out, log)


def test_complaints_are_read_by_file_and_text() -> None:
    types = """
src/a.py:2: error: Incompatible types (got "str")  [assignment]
src/a.py:2:7: note: See above
src/b.py:10:3: error: Bad thing
nothing at all
"""
    found = READERS[ErrorKind.TYPE](said(types))
    assert [(one.subject, one.message) for one in found] == [
        ("src/a.py", 'line 2: Incompatible types (got "str")  [assignment]'),
        ("src/b.py", "line 10: Bad thing"),
    ]
    lint = """
a.py:1:8: F401 [*] `os` imported but unused
./b.ipynb:cell 3:1:1: E501 Line too long
b.py:3:7: invalid-syntax: Expected a parameter
Found 3 errors.
[*] 1 fixable with `--fix`.
"""
    found = READERS[LINT](said(lint))
    assert [(one.subject, one.message) for one in found] == [
        ("a.py", "line 1: F401 `os` imported but unused"),
        ("b.ipynb", "line 1: E501 Line too long"),
        ("b.py", "line 3: invalid-syntax: Expected a parameter"),
    ]
    moved = READERS[LINT](said(lint.replace("a.py:1:8", "a.py:9:8")))
    assert [one.key for one in moved] == [one.key for one in found]
    assert [kind for kind in (ErrorKind.TYPE, LINT) if READERS[kind](said("", 0))] == []
    (long,) = READERS[LINT](said(f"a.py:1:1: {'x' * 5000}"))
    assert len(long.message) < 500


@pytest.mark.parametrize(
    ("kind", "output", "reason"),
    [
        (ErrorKind.TYPE, said("", 2, "mypy: can't read file"), "TYPE_CHECK_FAILED"),
        (ErrorKind.TYPE, said("", None, timed_out=True), "TYPE_CHECK_FAILED"),
        (LINT, said("", 2, "ruff failed: unknown field"), "LINT_FAILED"),
        (ErrorKind.BUILD, said("", None, timed_out=True), "BUILD_TIMED_OUT"),
        (ErrorKind.BUILD, said("", 2, "error: x\n  cause: Failed to fetch: http://a"), "INDEX_UNREACHABLE"),
    ],
)
def test_a_tool_that_breaks_off_names_no_error(kind: ErrorKind, output: Output, reason: str) -> None:
    with pytest.raises(CannotHeal) as caught:
        READERS[kind](output)
    assert caught.value.reason == reason


def test_a_build_tells_its_cause() -> None:
    log = "Building wheel...\nerror: Failed to build `/p`\n  cause: No module named x\n  cause: Deeper\n"
    (error,) = READERS[ErrorKind.BUILD](said("", 2, log))
    assert (error.subject, error.message) == ("wheel", "No module named x")
    (error,) = READERS[ErrorKind.BUILD](said("", 2, "first\nlast\n"))
    assert error.message == "last"
    assert READERS[ErrorKind.BUILD](said("", 0)) == []
