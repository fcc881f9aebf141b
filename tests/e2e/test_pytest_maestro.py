"""`pytest --maestro` at a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from terminal import at_a_terminal

STALE = "import collections\n\n\ndef test_type():\n    assert isinstance({}, collections.Mapping)\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "expected"), [("y\n", "1 of 1 tests failed: 1 PROPOSED"), ("\n", "Later: maestro heal ")]
)
def test_whoever_says_yes_has_what_failed_healed(tmp_path: Path, answer: str, expected: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_stale.py").write_text(STALE)
    (project / "test_good.py").write_text("def test_good(): pass\n")
    command = [sys.executable, "-B", "-m", "pytest", "-q", "--maestro", "-p", "no:cov"]
    data = str(tmp_path / "data")
    code, said = at_a_terminal(command, "[y/N] ", [answer], project, MAESTRO_DATA_DIR=data)
    assert code == 1, said
    assert "Heal the test that failed with maestro?" in said
    assert expected in said
    assert (project / "test_stale.py").read_text() == STALE
