"""What is delivered, and what never happens to the user's own changes."""

from __future__ import annotations

import errno
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cli_samples import HEALED, PATCH, TEST, Git

from maestro.healing.v1 import healing_pb2 as pb
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal import destination
from maestro_cli.heal.command import Options, deliver
from maestro_cli.heal.delivery import (
    apply_in_place,
    check_unchanged,
    commit_on_branch,
    commit_on_top,
    keep,
)
from maestro_cli.heal.project import LocalProject
from maestro_cli.output import out
from maestro_core.settings import Settings

TWO_FILES = PATCH + PATCH.replace("test_one.py", "test_two.py")


def options(*, apply: bool = False, branch: str = "") -> Options:
    """The command's options, most of them not given."""
    none = dict.fromkeys(("patch", "python", "junit", "report", "from_junit"))
    times = {"timeout": timedelta(minutes=10), "mutation_time": timedelta(), "budget": None}
    return Options(base="", apply=apply, branch=branch, as_json=False, pytest_args=(), **none, **times)


def test_apply_edits_in_place_and_keeps_the_mode(project: LocalProject) -> None:
    file = project.root / "tests" / "test_one.py"
    file.chmod(0o755)
    assert apply_in_place(project, PATCH) == ["tests/test_one.py"]
    assert file.read_text() == HEALED
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    assert [entry.name for entry in file.parent.iterdir()] == ["test_one.py"]


def test_apply_refuses_a_file_that_changed_meanwhile(project: LocalProject) -> None:
    file = project.root / "tests" / "test_one.py"
    snapshot = project.snapshot()
    file.write_text(TEST + "# mine\n")
    with pytest.raises(CliError, match="has changed since it was healed"):
        check_unchanged(project, PATCH, snapshot)
    assert file.read_text() == TEST + "# mine\n"


def test_apply_is_all_or_nothing(project: LocalProject) -> None:
    first, second = (project.root / "tests" / name for name in ("test_one.py", "test_two.py"))
    second.write_text("something else\n")
    with pytest.raises(CliError):
        apply_in_place(project, TWO_FILES)
    assert first.read_text() == TEST
    assert second.read_text() == "something else\n"


def test_apply_that_fails_leaves_nothing_behind(
    project: LocalProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (project.root / "tests" / name for name in ("test_one.py", "test_two.py"))
    second.write_text(TEST)
    written: list[int] = []

    def full_disk(handle: int, mode: int) -> None:
        written.append(handle)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full_disk)
    with pytest.raises(OSError, match="No space left"):
        apply_in_place(project, TWO_FILES)
    assert {file.read_text() for file in (first, second)} == {TEST}
    assert {entry.name for entry in first.parent.iterdir()} == {"test_one.py", "test_two.py"}


def test_apply_through_a_link_keeps_the_link(project: LocalProject) -> None:
    link, real = project.root / "tests" / "test_one.py", project.root / "real.py"
    link.rename(real)
    link.symlink_to("../real.py")
    apply_in_place(project, PATCH)
    assert link.is_symlink()
    assert real.read_text() == HEALED


def test_branch_leaves_tree_and_index_alone(project: LocalProject, git: Git) -> None:
    (project.root / "notes.txt").write_text("mine\n")
    git("add", "notes.txt")
    before = git("status", "--porcelain"), git("rev-parse", "HEAD"), git("symbolic-ref", "HEAD")
    commit = commit_on_branch(project, "healed", PATCH, "why\n")
    assert before == (git("status", "--porcelain"), git("rev-parse", "HEAD"), git("symbolic-ref", "HEAD"))
    assert git("rev-parse", "healed") == commit
    assert git("rev-parse", "healed^") == git("rev-parse", "HEAD")
    assert git("show", "healed:tests/test_one.py") + "\n" == HEALED
    assert git("diff", "--name-only", "HEAD", "healed") == "tests/test_one.py"
    assert git("log", "-1", "--format=%B", "healed") == "why"


def test_branch_refuses_one_that_exists(project: LocalProject, git: Git) -> None:
    git("branch", "healed")
    with pytest.raises(CliError, match="a branch 'healed' already") as caught:
        commit_on_branch(project, "healed", PATCH, "why")
    assert caught.value.code is ExitCode.WRONG_USE


def test_branch_refuses_to_mix_in_uncommitted_changes(project: LocalProject, git: Git) -> None:
    (project.root / "tests" / "test_one.py").write_text(TEST + "# mine\n")
    with pytest.raises(CliError, match="not committed"):
        commit_on_branch(project, "healed", PATCH, "why")
    assert git("branch", "--list", "healed") == ""


def test_branch_of_a_project_below_its_repository(folder: Path, git: Git) -> None:
    git("mv", "tests", "library")
    (folder / "library" / "tests").mkdir()
    git("mv", "library/test_one.py", "library/tests/test_one.py")
    git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "moved")
    commit_on_branch(LocalProject.at(folder / "library"), "healed", PATCH, "why")
    assert git("show", "healed:library/tests/test_one.py") + "\n" == HEALED


def test_a_branch_follows_what_a_person_says_later(project: LocalProject, git: Git) -> None:
    (project.root / "tests" / "test_two.py").write_text(TEST)
    git("add", ".")
    git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "two")
    first = commit_on_top(project, "healed", PATCH, "one", "")
    second = commit_on_top(project, "healed", TWO_FILES, "both", PATCH)
    assert git("rev-parse", "healed^") == first
    assert git("show", "healed:tests/test_two.py") + "\n" == HEALED
    assert commit_on_top(project, "healed", TWO_FILES, "again", TWO_FILES) == second
    commit_on_top(project, "healed", "", "nothing", TWO_FILES)
    assert git("diff", "--name-only", "HEAD", "healed") == ""
    git("checkout", "-q", "healed")
    with pytest.raises(CliError, match="checked out"):
        commit_on_top(project, "healed", PATCH, "one", "")


def test_a_destination_is_known_at_the_review(project: LocalProject, settings: Settings) -> None:
    wanted = options(branch="healed").destination(project)
    destination.keep(settings, "tenants/local/healings/h1", wanted)
    assert destination.recall(settings, "tenants/local/healings/h1") == wanted
    assert destination.recall(settings, "tenants/local/healings/h2") is None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data directory of this test's own."""
    return Settings.model_validate({"data_dir": tmp_path / "data"})


def test_a_patch_that_no_longer_fits_is_kept_and_named(project: LocalProject, settings: Settings) -> None:
    snapshot = project.snapshot()
    (project.root / "tests" / "test_one.py").write_text(TEST + "# mine\n")
    with pytest.raises(CliError, match="nothing was edited") as caught:
        deliver(project, settings, options(apply=True), pb.Healing(report=pb.Report(patch=PATCH)), snapshot)
    (kept,) = (settings.data_dir / "patches").iterdir()
    assert str(kept) in caught.value.advice
    assert kept.read_text() == PATCH


def test_it_is_said_that_nothing_is_healed(
    project: LocalProject, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    out.cache_clear()
    deliver(project, settings, options(branch="healed"), pb.Healing(), project.snapshot())
    assert "nothing to deliver" in capsys.readouterr().out
    out.cache_clear()


def test_patches_are_kept_apart(project: LocalProject, tmp_path: Path) -> None:
    kept = {keep(tmp_path / "patches", project, PATCH, suffix) for suffix in ("", ".proposed")}
    assert {file.read_text() for file in kept} == {PATCH}
    assert len(kept) == 2
