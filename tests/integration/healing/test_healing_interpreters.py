"""What a project's tests run with, where it is to be built."""

from __future__ import annotations

import json
from pathlib import Path

from maestro_healing.backends import interpreters

from .conftest import write


def test_an_interpreter_is_built_once_for_the_same_metadata(tmp_path: Path) -> None:
    """What it is built of decides, and nothing else."""
    write(tmp_path / "a", {"pyproject.toml": "[project]\nname = 'a'\n", "a.py": "x = 1\n"})
    write(tmp_path / "b", {"pyproject.toml": "[project]\nname = 'a'\n", "a.py": "x = 2\n"})
    write(tmp_path / "c", {"pyproject.toml": "[project]\nname = 'a'\ndependencies = ['six']\n"})
    built = [interpreters.plan(tmp_path / name).cache for name in "abc"]
    assert built[0] == built[1] != built[2]


def test_what_tox_installs_is_installed_but_for_conditions(tmp_path: Path) -> None:
    """And where that fails, the rest is tried without it."""
    deps = "  pytest>=7\n  # more\n  -r {toxinidir}/needs.txt\n  py39: old\n  six ; python_version > '3'\n"
    write(tmp_path / "a", {"tox.ini": f"[testenv]\ndeps =\n{deps}", "needs.txt": "", "a.py": ""})
    write(tmp_path / "b", {"tox.ini": "no ini at all", "a.py": ""})
    with_tox, without = json.loads(interpreters.plan(tmp_path / "a").command[-1])
    assert with_tox == ["pytest", "pytest>=7", 'six; python_version > "3"']
    assert without == ["pytest"]
    assert json.loads(interpreters.plan(tmp_path / "b").command[-1]) == [["pytest"]]
