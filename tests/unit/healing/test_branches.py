"""Heals as commits on a branch: beside the checkout, once, and only on the files that were healed."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maestro_healing.backends.branches import BranchOrder, make_branch
from maestro_healing.domain.delivery import Branch, branch_of
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.healing import Decision, Healing, HealingSpec, HealingState, Source
from maestro_healing.domain.model import LineEdit, TestHealing, Verdict
from maestro_healing.domain.report import HealingReport

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, SECOND = LineEdit("test_a.py", 0, 1, ("one\n",)), LineEdit("test_a.py", 2, 3, ("three\n",))


def healed(name: str, *edits: LineEdit, verdict: Verdict = Verdict.HEALED) -> TestHealing:
    """A test with the edits that it needs."""
    return TestHealing(name, verdict, "s", 0.95, evidence=(f"Because of {name}.",), edits=edits)


def healing(*tests: TestHealing, original: str = "1\n2\n3\n", **fields: object) -> Healing:
    """A healing that has ended."""
    report = HealingReport(tests, len(tests), 0, 1.0, {"test_a.py": original})
    given = Healing("t", "h", HealingSpec(Source("/p")), "o", NOW, NOW)
    given = replace(given, state=HealingState.COMPLETED, end_time=NOW, report=report)
    return replace(given, **fields)  # type: ignore[arg-type]


def git(folder: Path, *arguments: str) -> str:
    """Run git."""
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose project lies in a folder of it."""
    git(tmp_path, "init", "-q", "-b", "main")
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_a.py").write_bytes(b"1\n2\n3\n")
    (project / "other.py").write_bytes(b"x\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "First")
    return project


def order(project: Path, branch: Branch | None, revision: str = "HEAD") -> BranchOrder:
    """Make a branch of what there is."""
    assert branch is not None
    return BranchOrder(project, False, revision, branch)


def test_each_edit_is_a_commit_with_the_tests_that_need_it() -> None:
    found = branch_of(healing(healed("a", FIRST), healed("b", SECOND), healed("c", FIRST)))
    assert found is not None
    assert [dict(one.texts) for one in found.commits] == [
        {"test_a.py": "one\n2\n3\n"},
        {"test_a.py": "one\n2\nthree\n"},
    ]
    assert found.commits[0].message.startswith(
        "Heal a and 1 more\n\n- a\n- c\n\nEvidence:\n1. Because of a.\n"
    )
    assert "tenants/t/healings/h" in found.commits[1].message


def test_only_what_is_healed_and_not_rejected_is_on_it() -> None:
    proposed = healed("b", SECOND, verdict=Verdict.PROPOSED)
    found = branch_of(healing(healed("a", FIRST), proposed))
    assert found is not None
    assert len(found.commits) == 1
    approved = branch_of(healing(healed("a", FIRST), proposed, decisions={"b": Decision.APPROVED}))
    assert approved is not None
    assert len(approved.commits) == 2
    assert branch_of(healing(healed("a", FIRST), decisions={"a": Decision.REJECTED})) is None
    assert branch_of(healing(proposed)) is None
    assert branch_of(healing(healed("a"))) is None


def test_a_branch_lies_beside_the_checkout_and_is_made_once(repository: Path) -> None:
    (repository / "other.py").write_text("mine\n")
    (repository / "staged.py").write_text("mine too\n")
    git(repository, "add", "staged.py")
    status = git(repository, "status", "--porcelain")
    branch = branch_of(healing(healed("a", FIRST), healed("b", SECOND)))
    commit = make_branch(order(repository, branch))
    assert make_branch(order(repository, branch)) == commit
    assert git(repository, "status", "--porcelain") == status
    assert git(repository, "rev-list", "--count", "main..maestro/h") == "2"
    assert git(repository, "show", f"{commit}:project/test_a.py") == "one\n2\nthree"
    assert git(repository, "diff", "--name-only", "main", "maestro/h") == "project/test_a.py"
    git(repository, "branch", "-D", "maestro/h")
    assert make_branch(order(repository, branch)) == commit


def refused(wanted: BranchOrder) -> str:
    """The reason why there is no branch."""
    with pytest.raises(CannotHeal) as caught:
        make_branch(wanted)
    assert caught.value.message
    return caught.value.reason


def test_what_stands_in_the_way_is_left_as_it_is(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    branch = branch_of(healing(healed("a", FIRST)))
    git(repository, "branch", "maestro/h")
    assert refused(order(repository, branch)) == "BRANCH_TAKEN"
    assert git(repository, "rev-parse", "maestro/h") == git(repository, "rev-parse", "main")
    git(repository, "branch", "-D", "maestro/h")
    git(repository, "branch", "maestro")
    assert refused(order(repository, branch)) == "BRANCH_REFUSED"
    assert refused(order(repository, branch, "0" * 40)) == "UNKNOWN_REVISION"
    assert refused(order(repository, branch, "")) == "NO_GIT_HISTORY"
    assert refused(order(tmp_path_factory.mktemp("plain"), branch)) == "NO_GIT_HISTORY"
    other = branch_of(healing(healed("a", FIRST), original="1\n2\n3\nnot committed\n"))
    assert refused(order(repository, other)) == "FILES_DIFFER"
    git(repository, "rm", "-q", "--cached", "test_a.py")
    git(repository, "commit", "-q", "-m", "Gone")
    assert refused(order(repository, branch)) == "FILES_DIFFER"


@pytest.mark.parametrize(
    "content",
    [
        b"# -*- coding: latin-1 -*-\r\n'\xe9'\r\n3\r\n",
        b"\xef\xbb\xbf'\xc3\xa9'\n2\n3\n",
        b"1\r\n2\n3",
    ],
)
def test_encodings_and_line_ends_stay(repository: Path, content: bytes) -> None:
    file = repository / "test_a.py"
    file.write_bytes(content)
    file.chmod(0o755)
    git(repository, "-c", "core.autocrlf=false", "commit", "-qam", "Odd")
    text = content.decode("latin-1" if b"latin" in content else "utf-8-sig")
    last = LineEdit("test_a.py", 2, 3, ("healed\n",))
    make_branch(order(repository, branch_of(healing(healed("a", last), original=text))))
    command = ["git", "show", "maestro/h:./test_a.py"]
    blob = subprocess.run(command, cwd=repository, check=True, capture_output=True).stdout
    assert blob == b"".join(content.splitlines(keepends=True)[:2]) + b"healed\n"
    assert git(repository, "ls-tree", "maestro/h", "test_a.py").startswith("100755")
