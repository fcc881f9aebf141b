"""Patches are applied exactly or not at all."""

from __future__ import annotations

import difflib

import pytest

from maestro_cli.failure import CliError
from maestro_cli.heal.patching import changed, encoded, merged, paths


def patch_of(old: str, new: str, path: str = "tests/test_a.py") -> str:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    lines = [f"diff --git a/{path} b/{path}\n"]
    for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", n=3):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


MANY = "".join(f"line {number}\n" for number in range(40))


def test_an_earlier_patch_is_taken_back_where_it_stands() -> None:
    first = MANY.replace("line 3\n", "LINE 3\nmore\n")
    second = MANY.replace("line 30\n", "LINE 30\n")
    delivered, patch = patch_of(MANY, first), patch_of(MANY, second)
    for content in (first, MANY):
        assert changed(patch, lambda _, text=content: text.encode(), delivered) == {
            "tests/test_a.py": second.encode()
        }
    assert changed("", lambda path: first.encode(), delivered) == {"tests/test_a.py": MANY.encode()}
    with pytest.raises(CliError):
        changed(patch, lambda path: b"something else\n", delivered)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\n", "a\nb\n"),
        ("a\nb\n", "b\n"),
        ("a\nb", "a\nc"),
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nb"),
        ("-- a\n-- b\n", "++ a\n-- b\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        (MANY, MANY.replace("line 3\n", "LINE 3\nmore\n").replace("line 30\n", "")),
    ],
)
def test_gives_the_new_text(old: str, new: str) -> None:
    patch = patch_of(old, new)
    assert changed(patch, lambda path: old.encode()) == {"tests/test_a.py": new.encode()}


def test_a_file_keeps_its_encoding() -> None:
    old = "# -*- coding: latin-1 -*-\nname = 'café'\nx = 1\n"
    new = old.replace("x = 1", "x = 'é'")
    got = changed(patch_of(old, new), lambda path: old.encode("latin-1"))
    assert got["tests/test_a.py"] == new.encode("latin-1")


def test_a_patch_is_written_in_the_encoding_of_each_file() -> None:
    old = "# -*- coding: latin-1 -*-\nname = 'café'\nx = 1\n"
    patch = patch_of(old, old.replace("x", "y"), "tests/test_é.py") + patch_of(
        "é\n", "e\n", "tests/test_b.py"
    )
    contents = {"tests/test_é.py": old.encode("latin-1"), "tests/test_b.py": "é\n".encode()}
    written = encoded(patch, contents.__getitem__)
    assert "--- a/tests/test_é.py\n".encode() in written
    assert " name = 'café'\n".encode("latin-1") in written
    assert "-é\n".encode() in written


def test_another_text_is_refused() -> None:
    patch = patch_of("a\nb\nc\n", "a\nB\nc\n")
    with pytest.raises(CliError, match="not the file that was healed"):
        changed(patch, lambda path: b"a\nx\nc\n")


def test_a_folder_may_be_named_like_the_second_side() -> None:
    patch = patch_of("a\n", "b\n", "te b/test_a.py")
    assert paths(patch) == ["te b/test_a.py"]
    assert changed(patch, lambda path: b"a\n") == {"te b/test_a.py": b"b\n"}


def test_names_each_file_once() -> None:
    patch = patch_of("a\n", "b\n", "tests/test_a.py") + patch_of("c\n", "d\n", "tests/test_b.py")
    assert paths(patch) == ["tests/test_a.py", "tests/test_b.py"]


def test_no_patch_changes_nothing() -> None:
    assert changed("", lambda path: b"") == {}


def test_diffs_of_the_same_texts_become_one() -> None:
    first = MANY.replace("line 3\n", "LINE 3\nmore\n")
    second = MANY.replace("line 30\n", "LINE 30\n")
    both = second.replace("line 3\n", "LINE 3\nmore\n")
    other = patch_of("a", "b", "tests/test_b.py")
    one = merged([patch_of(MANY, second), other, patch_of(MANY, first), patch_of(MANY, first)])
    contents = changed(one, lambda path: MANY.encode() if path == "tests/test_a.py" else b"a")
    assert contents == {"tests/test_a.py": both.encode(), "tests/test_b.py": b"b"}
    assert one.count("diff --git") == 2
    assert merged([]) == ""
