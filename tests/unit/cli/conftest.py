"""A small git project to deliver patches to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli_samples import TEST, Git

from maestro_cli.heal.project import LocalProject


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one commit, tagged `good`."""
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    (root / "tests" / "test_one.py").write_text(TEST)
    (root / ".gitignore").write_text("ignored/\n")
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "first"],
        ["tag", "good"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


@pytest.fixture
def git(folder: Path) -> Git:
    """Runs git in the project."""

    def run(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
        ).stdout.strip()

    return run


@pytest.fixture
def project(folder: Path) -> LocalProject:
    """The project as the command sees it."""
    return LocalProject.at(folder)
