"""`maestro review` after `maestro heal`, as a person at a terminal and as a program use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import at_a_terminal

MAESTRO = Path(sys.prefix) / "bin" / "maestro"
STALE = "import collections\n\n\ndef test_type():\n    assert isinstance({{}}, collections.{name})\n"
FILES = {
    "tests/test_\x1bone.py": STALE.format(name="Mapping"),
    "tests/test_two.py": STALE.format(name="MutableMapping"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two tests that left Python 3.10 behind; without a base what heals them waits for a person."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for path, text in FILES.items():
        (folder / path).write_text(text)
    return folder


def maestro(project: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command, as a program does."""
    return subprocess.run(
        [MAESTRO, *arguments],
        env={**os.environ, "MAESTRO_DATA_DIR": str(project.parent / "data")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def review(project: Path, keys: list[str], *arguments: str) -> tuple[int, str]:
    """Run `maestro review` at a terminal, with keys pressed each time that it asks."""
    data = str(project.parent / "data")
    return at_a_terminal([MAESTRO, "review", *arguments], "q quit", keys, project, MAESTRO_DATA_DIR=data)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_a_person_approves_is_edited_and_what_they_reject_is_not(project: Path) -> None:
    healed = maestro(project, "heal", project, "--apply", "--python", sys.executable)
    assert "2 wait for your yes or no: maestro review healing-" in healed.stdout, healed
    listed = json.loads(maestro(project, "review", "--json").stdout)
    (healing,) = listed["healings"]
    assert (healing["project"], healing["open"]) == (str(project), 2)
    assert {(test["review"], test["verdict"]) for test in healing["tests"]} == {("WANTED", "PROPOSED")}

    code, said = review(project, ["q"])
    assert (code, "2 still wait" in said) == (1, True)
    code, said = review(project, ["xa", "r"], healing["healing"])  # x means nothing
    assert code == 0, said
    assert "1. There is no base revision to compare with." in said
    assert "<U+001B>one.py" in said
    texts = {path: (project / path).read_text() for path in FILES}
    assert sorted(text == texts[path] for path, text in FILES.items()) == [False, True]
    assert "collections.abc" in "".join(texts.values())

    turned = maestro(
        project, "review", healing["healing"], "--json", "--reject", "tests/test_\x1bone.py::test_type"
    )
    assert turned.returncode == 0, turned
    (after,) = json.loads(turned.stdout)["healings"]
    assert {test["review"] for test in after["tests"]} == {"REJECTED"}
    assert (after["open"], after["patch"]) == (0, "")
    assert {path: (project / path).read_text() for path in FILES} == FILES
    assert maestro(project, "review").stdout.strip() == "Nothing waits for a person."
    counted = maestro(project, "statistics").stdout
    assert "saved        0 minutes, where a person takes 10 minutes for a cause" in counted
