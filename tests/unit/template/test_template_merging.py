"""Three-way merges: each file from the side that changed it, both sides where both did, nothing brought back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_core.errors import InvalidArgument
from maestro_template.backends.git.merging import GitLineMerger
from maestro_template.domain.answers import recorded_answers
from maestro_template.domain.merging import Contested, merge, with_markers
from maestro_template.domain.model import ANSWERS_FILE, File
from maestro_template.domain.syntax import syntax_problems

A, B, C = File(b"a\n"), File(b"b\n"), File(b"c\n")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (A, A, A, A),
        (A, A, B, B),
        (A, B, A, B),
        (A, B, B, B),
        (A, A, None, None),
        (A, None, A, None),
        (A, None, B, None),
        (A, None, None, None),
        (None, None, A, A),
        (None, A, None, A),
        (None, A, A, A),
        (A, B, None, "contested"),
        (A, B, C, "contested"),
        (None, A, B, "contested"),
        (A, File(b"a\n", True), A, File(b"a\n", True)),
        (A, A, File(b"a\n", True), File(b"a\n", True)),
    ],
)
def test_each_file_comes_from_the_side_that_changed_it(base, ours, theirs, expected):
    sides = [{"f": side} if side else {} for side in (base, ours, theirs)]
    result = merge(*sides)
    if expected == "contested":
        assert result.files == {}
        assert [(one.path, one.base, one.ours, one.theirs) for one in result.contested] == [
            ("f", base, ours, theirs)
        ]
    else:
        assert result.files == ({"f": expected} if expected else {})
        assert result.contested == []


def test_the_executable_bit_comes_from_the_side_that_changed_it():
    for base, ours, theirs in itertools.product([False, True], repeat=3):
        one = Contested("f", File(b"a", base), File(b"b", ours), File(b"c", theirs))
        assert one.executable is (theirs if ours == base else ours)


NAMES = st.sampled_from(["a", "b", "c"])
FOLDERS = st.dictionaries(NAMES, st.sampled_from([A, B, C, File(b"\xff\0")]), max_size=3)


@settings(max_examples=300, deadline=None)
@given(FOLDERS, FOLDERS, FOLDERS)
def test_nothing_is_invented_lost_or_brought_back(base, ours, theirs):
    result = merge(base, ours, theirs)
    contested = {one.path for one in result.contested}
    assert not contested & result.files.keys()
    for path, file in result.files.items():
        assert file in (ours.get(path), theirs.get(path))
    for path in base.keys() - ours.keys():
        assert path not in result.files
        assert path not in contested
    for path in ours.keys() - base.keys():
        assert path in result.files or path in contested
    assert merge(base, ours, base).files == ours
    assert merge(base, base, theirs).files == theirs


async def merged(base, ours, theirs):
    one = Contested("f", *(File(side.encode()) for side in (base, ours, theirs)))
    (result,) = await GitLineMerger().merge([one], "template 2.0.0")
    return result


TEN = "".join(f"{number}\n" for number in range(10))


async def test_lines_of_both_sides_are_merged():
    result = await merged(TEN, TEN.replace("1\n", "one\n"), TEN.replace("8\n", "eight\n"))
    assert (result.clean, result.content.decode()) == (
        True,
        TEN.replace("1\n", "one\n").replace("8\n", "eight\n"),
    )


async def test_the_same_lines_are_a_conflict_with_both_sides():
    result = await merged("a\nx\nb\n", "a\nmine ü\nb\n", "a\nnew\nb\n")
    assert not result.clean
    assert result.content.decode() == ("a\n<<<<<<< yours\nmine ü\n=======\nnew\n>>>>>>> template 2.0.0\nb\n")


async def test_line_ends_stay_as_they_are():
    crlf = TEN.replace("\n", "\r\n")
    result = await merged(crlf, crlf.replace("1\r\n", "one\r\n"), crlf + "ten")
    assert result.clean
    assert result.content.decode() == crlf.replace("1\r\n", "one\r\n") + "ten"


async def test_no_files_make_no_repository():
    assert await GitLineMerger().merge([], "x") == []


def test_markers_hold_whole_files():
    assert with_markers(File(b"a", True), None, "2.0.0") == File(
        b"<<<<<<< yours\na\n=======\n>>>>>>> template 2.0.0 (deleted)\n", True
    )


@pytest.mark.parametrize(
    ("name", "good", "bad", "line"),
    [
        ("a.json", '{"a": 1}', '{"a": 1}{', 0),
        ("a.toml", "a = 1\n", "a = 1\na = 2\n", 0),
        ("a.yaml", "a: {{ x }}\n", "a: [\nb: 1\n", 3),
        ("a.yml", "a: 1\n---\nb: &x 2\nc: *x\n", "a: 1\n  b: 2\n", 2),
        ("a.py", "def f():\n    return 1\n", "def f():\nreturn 1\n", 2),
        ("a.xml", "<a><b/></a>", "<a><b></a>", 1),
        ("a.JSON", "[]", "[", 0),
        ("b.json", "[]", b"\xff\xfe\x00", 0),
        ("b.py", "x = 1", b"\x00", 0),
    ],
)
def test_files_are_what_their_names_say(name, good, bad, line):
    assert list(syntax_problems({name: File(good.encode())})) == []
    (problem,) = syntax_problems({name: File(bad if isinstance(bad, bytes) else bad.encode())})
    assert problem.path == name
    assert problem.message
    assert line in (0, problem.line)


def test_other_files_are_not_judged():
    assert list(syntax_problems({"a.txt": File(b"\xff"), "Makefile": File(b"["), "py": File(b"(")})) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "ANSWERS_FILE_MISSING"),
        (b"", "ANSWERS_FILE_INVALID"),
        (b"[]", "ANSWERS_FILE_INVALID"),
        (b"a: &x [*x]", "ANSWERS_FILE_INVALID"),
        (b"\xff", "ANSWERS_FILE_INVALID"),
        (b"\0", "ANSWERS_FILE_INVALID"),
        (b"_template: x", "ANSWERS_FILE_INVALID"),
        (b"_template: [x]\n_version: 1.0.0", "ANSWERS_FILE_INVALID"),
        (b"_template: x\n_version: 1.0.0\na: " + b"[" * 100, "ANSWERS_FILE_INVALID"),
        (b"a" * 300_000, "ANSWERS_FILE_INVALID"),
    ],
)
def test_a_bad_answers_file_is_told(content, expected):
    with pytest.raises(InvalidArgument) as caught:
        recorded_answers({} if content is None else {ANSWERS_FILE: File(content)})
    assert caught.value.reason == expected
    assert caught.value.violations
