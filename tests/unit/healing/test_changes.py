"""Patches are what git takes, and say all of an edit."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from maestro_healing.domain.changes import apply_edits, line_edits, unified_patch
from maestro_healing.domain.model import LineEdit


def variations(seed: int) -> tuple[str, str]:
    """A text and another that came of it."""
    chance = random.Random(seed)
    old = [chance.choice("abcde") for _ in range(chance.randrange(40))]
    new = [line for line in old for line in [line] * chance.choices([0, 1, 1, 1, 1, 1, 2], k=1)[0]]
    new = [chance.choice("xyz") if chance.random() < 0.1 else line for line in new]
    ends = ["\n" if chance.random() < 0.7 else "" for _ in range(2)]
    return "\n".join(old) + ends[0], "\n".join(new) + ends[1]


@pytest.mark.parametrize("seed", range(60))
def test_git_makes_the_new_text_of_a_patch(tmp_path: Path, seed: int) -> None:
    """Whatever was put in, taken away or replaced, at either end of the file too."""
    old, new = variations(seed)
    edits = line_edits("a.py", old, new)
    assert apply_edits(old, edits) == new
    patch = unified_patch({"a.py": old}, edits)
    if old == new:
        assert patch == ""
        return
    (tmp_path / "a.py").write_bytes(old.encode())
    subprocess.run(["git", "apply"], cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / "a.py").read_bytes().decode() == new


def test_an_edit_that_changes_nothing_is_none() -> None:
    """And one given twice counts once."""
    assert unified_patch({"a.py": "x\n"}, [LineEdit("a.py", 0, 1, ("x\n",))]) == ""
    edit = LineEdit("a.py", 0, 1, ("y\n",))
    assert unified_patch({"a.py": "x\n"}, [edit, edit]) == (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"
    )
