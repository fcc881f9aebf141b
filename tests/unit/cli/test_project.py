"""What the command finds out about a project before anything is run."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal.project import LocalProject


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="is no folder") as caught:
        LocalProject.at(tmp_path / "nowhere")
    assert caught.value.code is ExitCode.WRONG_USE


def test_a_base_revision_that_does_not_exist_suggests_one_that_does(project: LocalProject) -> None:
    project.check_base("good")
    with pytest.raises(CliError, match="no revision 'v9'") as caught:
        project.check_base("v9")
    assert "--base good" in caught.value.advice
    assert caught.value.code is ExitCode.WRONG_USE


def test_without_git_nothing_can_be_compared(tmp_path: Path) -> None:
    project = LocalProject.at(tmp_path)
    assert "No git history" in project.advice_without_base()
    with pytest.raises(CliError, match="no git history"):
        project.check_base("HEAD")


def test_an_upload_leaves_out_what_git_ignores_and_takes_its_history(project: LocalProject) -> None:
    for name in ("ignored", ".venv"):
        (project.root / name).mkdir()
        (project.root / name / "big").write_text("x")
    (project.root / "new.py").write_text("")
    files = set(project.files())
    assert {"new.py", "tests/test_one.py", ".git/HEAD"} <= files
    assert not {"ignored/big", ".venv/big"} & files


def test_a_file_is_as_it_was_until_it_is_written(project: LocalProject) -> None:
    snapshot = project.snapshot()
    assert project.is_as_in(snapshot, "tests/test_one.py")
    (project.root / "tests" / "test_one.py").write_text("other\n")
    assert not project.is_as_in(snapshot, "tests/test_one.py")
    assert not project.is_as_in(snapshot, "gone.py")


def test_the_active_environment_serves_only_with_pytest_and_if_it_is_not_ours(
    project: LocalProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert project.interpreter() is None
    bare = tmp_path / "bare"
    venv.create(bare, symlinks=True)
    monkeypatch.setenv("VIRTUAL_ENV", str(bare))
    assert project.interpreter() is None


def test_the_projects_own_environment_comes_first_then_its_repositorys(
    project: LocalProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    below = LocalProject.at(project.root / "tests")
    for place in (project.root, below.root):
        venv.create(place / ".venv", symlinks=True)
        assert below.interpreter() == place / ".venv" / "bin" / "python"
