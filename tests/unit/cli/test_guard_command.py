"""`maestro guard`: what it reviews, how it says it, and what a person let pass."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cli_samples import Git

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.guard.command import Options, run_guard, run_stop_hook

ROOT = Path(__file__).parents[3]
WEAK = "def test_one():\n    pass\n"
OTHER = "def test_one():\n    assert 1 == 3\n"


def options(
    head: str = "", as_json: bool = True, sarif: Path | None = None, approve: tuple[str, ...] = ()
) -> Options:
    return Options("good", head, as_json, sarif, approve)


def change(folder: Path, text: str) -> None:
    (folder / "tests" / "test_one.py").write_text(text)


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(capsys.readouterr().out)
    return found


def test_a_changed_expectation_is_shown_and_is_no_weakening(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, OTHER)
    assert run_guard(folder, options()) is ExitCode.DONE
    shown = said(capsys)
    assert shown["findings"] == []
    assert [one["kind"] for one in shown["expectations"]] == ["expectation_changed"]
    assert run_guard(folder, options(as_json=False)) is ExitCode.DONE
    assert "`assert 1 == 2` became `assert 1 == 3`" in " ".join(capsys.readouterr().out.split())


def test_two_revisions_are_compared_whatever_lies_in_the_working_tree(
    folder: Path, git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, WEAK)
    git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-a", "-m", "weaker")
    change(folder, "def test_one():\n    assert 1 == 2\n")
    assert run_guard(folder, options()) is ExitCode.DONE
    capsys.readouterr()
    assert run_guard(folder, options(head="HEAD")) is ExitCode.FOUND
    assert len(said(capsys)["findings"]) == 1


def test_a_new_file_counts_and_an_ignored_one_does_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ignored").mkdir()
    for path in ("ignored/pytest.ini", "pytest.ini"):
        (folder / path).write_text("[pytest]\naddopts = --deselect tests/test_one.py::test_one\n")
    run_guard(folder, options())
    assert {one["file"] for one in said(capsys)["findings"]} == {"pytest.ini"}


def test_what_is_approved_passes_while_the_file_stays_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, WEAK)
    run_guard(folder, options())
    (finding,) = said(capsys)["findings"]
    assert finding["approved"] is False
    id = str(finding["id"])
    assert run_guard(folder, options(approve=(id, id))) is ExitCode.DONE
    (finding,) = said(capsys)["findings"]
    assert finding["approved"] is True
    assert (folder / ".maestro-approvals").read_text().count(id) == 1
    change(folder, WEAK + "\n\ndef test_two():\n    pass\n")
    assert run_guard(folder, options()) is ExitCode.FOUND


def test_an_id_that_is_no_findings_is_refused(folder: Path) -> None:
    with pytest.raises(CliError) as refused:
        run_guard(folder, options(approve=("abcdef123456",)))
    assert refused.value.code is ExitCode.WRONG_USE
    assert not (folder / ".maestro-approvals").exists()


def test_sarif_names_rule_place_and_what_is_approved(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder, WEAK)
    file = tmp_path / "guard.sarif"
    run_guard(folder, options(sarif=file))
    run = json.loads(file.read_text())["runs"][0]
    (result,) = run["results"]
    assert result["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "tests/test_one.py"
    assert place["region"]["startLine"] == 1
    assert "suppressions" not in result
    id = str(said(capsys)["findings"][0]["id"])
    run_guard(folder, options(sarif=file, approve=(id,)))
    (result,) = json.loads(file.read_text())["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "status": "accepted"}]


def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(folder: Path) -> None:
    with pytest.raises(CliError, match="can't be written"):
        run_guard(folder, options(sarif=folder / "no" / "guard.sarif"))


def test_a_workflow_shows_findings_in_the_diff(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    change(folder, WEAK)
    run_guard(folder, options(as_json=False))
    assert "::error file=tests/test_one.py,line=1,title=assertion_deleted::" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "text", "code"),
    [
        ("{}", WEAK, 2),
        ('{"stop_hook_active": true}', WEAK, 0),
        ("{}", OTHER, 0),
        ("no json", WEAK, 2),
        ("[]", WEAK, 2),
    ],
)
def test_an_agent_that_stops_is_told_once(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    text: str,
    code: int,
) -> None:
    change(folder, text)
    monkeypatch.setattr("sys.stdin", io.StringIO(asked))
    assert run_stop_hook(folder, options()) == code
    assert ("tests/test_one.py:1 assertion_deleted" in capsys.readouterr().err) is (code == 2)


def test_the_hook_and_the_action_run_the_command_as_it_is() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    asked = [sys.executable, "-m", "maestro_cli", "guard", "--help"]
    helped = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    for line in (hook["entry"], steps[-1]["run"]):
        used = [word for word in line.replace('"', "").split() if word.startswith("--")]
        ours = [word for word in used if word not in ("--require-hashes", "--no-deps")]
        assert ours
        assert all(option in helped for option in ours)


def test_a_folder_without_git_is_refused_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="has no git working tree") as refused:
        run_guard(tmp_path, options())
    assert refused.value.code is ExitCode.WRONG_USE


def test_an_empty_base_is_refused_with_its_reason(folder: Path) -> None:
    with pytest.raises(CliError, match="--base is empty") as refused:
        run_guard(folder, Options("", "", True, None, ()))
    assert refused.value.code is ExitCode.WRONG_USE


@pytest.mark.parametrize("into", ["pipe", "itself", "endless", "folder"])
def test_a_test_file_that_became_something_else_is_gone(
    folder: Path, into: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "tests" / "test_one.py"
    path.unlink()
    match into:
        case "pipe":
            os.mkfifo(path)
        case "itself":
            path.symlink_to(path.name)
        case "endless":
            path.symlink_to("/dev/zero")
        case _:
            path.mkdir()
    assert run_guard(folder, options()) is ExitCode.FOUND
    assert [one["kind"] for one in said(capsys)["findings"]] == ["test_deleted"]
