"""`pytest --maestro` where nobody can be asked, and pytest without it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from maestro_cli.pytest_plugin import _arguments

TESTS = """
import pytest


@pytest.fixture
def broken():
    raise OSError


@pytest.mark.parametrize("x", ["a b", "\\x00", "::"])
def test_bad(x):
    assert x == 1


def test_setup(broken): pass


def test_good(): pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Some tests that fail, one that passes, a file that can't be imported."""
    folder = tmp_path / "my project"
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "tests" / "test_a.py").write_text(TESTS)
    (folder / "tests" / "test_broken.py").write_text("import nowhere_at_all\n")
    return folder


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a process of its own."""
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-p", "no:cov", "-p", "no:timeout", *arguments],
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def said(project: Path, *arguments: str) -> list[str]:
    """The command that was said, in words."""
    ended = run(project, *arguments)
    assert ended.returncode in (1, 2), ended
    found = re.search(r"^maestro heals the .* failed with:\n  (.*)$", ended.stdout, re.MULTILINE)
    assert found, ended.stdout
    return shlex.split(found[1])


def failed_in(words: list[str]) -> list[str]:
    """The tests that the command is about."""
    root = ElementTree.parse(words[words.index("--from-junit") + 1]).getroot()
    return ["::".join(filter(None, (case.get("classname"), case.get("name")))) for case in root]


def test_the_command_is_about_what_failed_with_the_arguments_of_the_run(project: Path) -> None:
    words = said(project, "--maestro", "tests/test_a.py", "-k", "bad or good", "--maestro-base=v1", "-n0")
    assert words[:3] == ["maestro", "heal", str(project)]
    assert failed_in(words) == ["tests/test_a.py::test_bad"] * 3
    assert words[words.index("--base") + 1] == "v1"
    assert words[words.index("--") + 1 :] == ["-p", "no:cov", "-p", "no:timeout", "-k", "bad or good"]


@pytest.mark.parametrize("more", [(), ("-p", "no:cacheprovider"), ("-s",), ("-n", "1")])
def test_files_and_fixtures_that_fail_count(project: Path, more: tuple[str, ...]) -> None:
    words = said(project, "--maestro", "--continue-on-collection-errors", *more)
    assert {"tests/test_broken.py", "tests/test_a.py::test_setup"} <= set(failed_in(words))
    assert "tests/test_a.py::test_good" not in failed_in(words)


def test_a_run_that_passes_hears_nothing_of_it(project: Path) -> None:
    ended = run(project, "--maestro", "-k", "good", "tests/test_a.py")
    assert ended.returncode == 0
    assert "maestro" not in ended.stdout.replace("pytest_maestro", "").partition("collected")[2]


def test_without_the_flag_a_run_is_as_it_was(project: Path) -> None:
    def told(*arguments: str) -> str:
        ended = run(project, "tests/test_a.py", "-q", *arguments)
        return f"{ended.returncode} {re.sub(r'in [0-9.]+s', '', ended.stdout)} {ended.stderr}"

    assert told() == told("-p", "no:maestro")
    assert not (project / ".pytest_cache" / "d").exists()


def test_it_imports_nothing_that_pytest_has_not() -> None:
    code = (
        "import pytest, sys\nbefore = set(sys.modules)\nimport maestro_cli.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == ["maestro_cli", "maestro_cli.pytest_plugin"]


@pytest.mark.parametrize(
    ("given", "places", "left"),
    [
        (["tests", "-k", "tests"], ["tests"], ["-k", "tests"]),
        (["-k", "tests", "tests"], ["tests"], ["-k", "tests"]),
        (["--maestro", "-n4", "--dist", "load", "--pdb", "-x"], [], ["-x"]),
        (["-n", "auto", "--maestro-base", "v1", "--numprocesses=3", "-q"], [], ["-q"]),
        (["--maestro-base"], [], []),
    ],
)
def test_arguments(given: list[str], places: list[str], left: list[str]) -> None:
    assert _arguments(given, places) == left
