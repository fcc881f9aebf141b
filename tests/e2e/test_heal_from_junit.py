"""`maestro heal --from-junit` with what a CI wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

STALE = "import collections\n\n\ndef test_type():\n    assert isinstance({}, collections.Mapping)\n"


def heal(project: Path, file: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.prefix) / "bin" / "maestro", "heal", project, "--from-junit", file]
    return subprocess.run(
        [*command, "--python", sys.executable],
        env={**os.environ, "MAESTRO_DATA_DIR": str(project.parent / "data")},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.slow
def test_only_what_failed_is_run_and_healed(tmp_path: Path) -> None:
    project, file = tmp_path / "project", tmp_path / "junit.xml"
    (project / "tests").mkdir(parents=True)
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "tests" / "test_stale.py").write_text(STALE)
    (project / "tests" / "test_good.py").write_text("def test_good(): pass\n\ndef test_gone(): assert 0\n")
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={file}"]
    assert subprocess.run(command, cwd=project, check=False, capture_output=True).returncode == 1
    (project / "tests" / "test_good.py").write_text("def test_good(): pass\n")
    healed = heal(project, file)
    assert healed.returncode == 1, healed
    assert "tests.test_good.test_gone is no longer there." in healed.stderr
    assert "1 of 1 tests failed: 1 PROPOSED" in healed.stdout


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("<!DOCTYPE b [<!ENTITY a 'a'>]><testsuites/>", 2, "no JUnit XML that can be read"),
        ("<testsuite><testcase classname='a' name='b'/></testsuite>", 0, "tells of no failing test"),
        (
            "<testsuite><testcase classname='a' name='b'><failure/></testcase></testsuite>",
            2,
            "a.b is no longer",
        ),
    ],
)
def test_what_can_not_be_healed_is_said_at_once(tmp_path: Path, text: str, code: int, said: str) -> None:
    project, file = tmp_path / "project", tmp_path / "junit.xml"
    project.mkdir()
    file.write_text(text)
    ended = heal(project, file)
    assert ended.returncode == code
    assert said in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
