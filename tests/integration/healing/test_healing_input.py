"""What people give: trees as they are, hostile repositories and archives, things that are not there."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError
from maestro_core.identity import Role
from maestro_healing.backends import archives, clones, interpreters
from maestro_healing.backends.trees import Checkout
from maestro_healing.domain.errors import CannotHeal

from .conftest import Caller, commit, git, state_of, write


def test_a_dirty_tree_is_copied_as_it_is_and_left_as_it_is(tmp_path: Path) -> None:
    """Changed, new and deleted files count; ignored and made ones do not; nothing is written."""
    folder = tmp_path / "p"
    write(folder, {"a.py": "x = 1\n", "b.py": "", "gone.py": "", ".gitignore": "*.log\nsecret/\n"})
    commit(folder)
    write(folder, {"a.py": "x = 2\n", "new.py": b"# \xe9 is no UTF-8\n", "x.log": "", "secret/key": ""})
    write(folder, {"__pycache__/a.pyc": "", "env/pyvenv.cfg": "", "env/bin/python": ""})
    (folder / "gone.py").unlink()
    before = state_of(folder)
    checkout = Checkout.of(folder)
    checkout.copy_working_tree(tmp_path / "copy")
    copied = {p.relative_to(tmp_path / "copy").as_posix() for p in (tmp_path / "copy").rglob("*")}
    assert copied == {"a.py", "b.py", "new.py", ".gitignore"}
    assert (tmp_path / "copy/a.py").read_text() == "x = 2\n"
    assert (tmp_path / "copy/new.py").read_bytes() == b"# \xe9 is no UTF-8\n"
    assert checkout.head_revision() == f"{git(folder, 'rev-parse', 'HEAD')}+dirty"
    assert state_of(folder) == before


def test_settings_of_a_repository_run_nothing(tmp_path: Path) -> None:
    """Monitors, filters and hooks that a repository names stay unused."""
    folder = tmp_path / "p"
    write(folder, {"a.py": "x = 1\n", ".gitattributes": "*.py filter=evil\n"})
    first = commit(folder)
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge"):
        git(folder, "config", name, str(script))
    write(folder, {"a.py": "x = 2\n"})
    (tmp_path / "ran").unlink(missing_ok=True)
    checkout = Checkout.of(folder)
    checkout.head_revision()
    checkout.copy_working_tree(tmp_path / "head")
    checkout.copy_revision(checkout.resolve(first), tmp_path / "base")
    assert (tmp_path / "base/a.py").read_text() == "x = 1\n"
    assert not (tmp_path / "ran").exists()


def test_a_folder_of_a_bigger_repository(tmp_path: Path) -> None:
    """Paths are the project's own; links into the rest of the repository become files, others are left out."""
    top = tmp_path / "mono"
    write(top, {"one/a.py": "x = 1\n", "two/b.py": "", "shared.py": "s = 1\n"})
    (top / "one/linked.py").symlink_to("../shared.py")
    (top / "one/alias.py").symlink_to("a.py")
    (top / "one/outside").symlink_to("/etc/hostname")
    first = commit(top)
    write(top, {"one/a.py": "x = 2\n", "two/b.py": "y = 1\n"})
    commit(top, "Both")
    checkout = Checkout.of(top / "one")
    checkout.copy_working_tree(tmp_path / "head")
    assert sorted(path.name for path in (tmp_path / "head").iterdir()) == ["a.py", "alias.py", "linked.py"]
    assert (tmp_path / "head/linked.py").read_text() == "s = 1\n"
    base = checkout.resolve(first)
    checkout.copy_revision(base, tmp_path / "base")
    assert (tmp_path / "base/a.py").read_text() == "x = 1\n"
    assert [one.paths for one in checkout.commits_since(base)] == [("a.py",)]


def test_submodules_come_along(tmp_path: Path) -> None:
    """On both sides."""
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    write(inner, {"lib.py": "v = 1\n"})
    commit(inner)
    write(outer, {"a.py": ""})
    commit(outer)
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "vendored")
    first = commit(outer, "With it")
    write(outer, {"vendored/lib.py": "v = 2\n"})
    checkout = Checkout.of(outer)
    checkout.copy_working_tree(tmp_path / "head")
    checkout.copy_revision(checkout.resolve(first), tmp_path / "base")
    assert (tmp_path / "head/vendored/lib.py").read_text() == "v = 2\n"
    assert (tmp_path / "base/vendored/lib.py").read_text() == "v = 1\n"


def test_a_folder_that_a_repository_ignores_is_none_of_its_own(tmp_path: Path) -> None:
    """It has no history, and all of it is copied."""
    write(tmp_path / "p", {".gitignore": "build/\n", "build/demo/test_a.py": ""})
    commit(tmp_path / "p")
    checkout = Checkout.of(tmp_path / "p/build/demo")
    assert checkout.repository is None
    with pytest.raises(CannotHeal) as caught:
        checkout.resolve("HEAD")
    assert caught.value.reason == "NO_GIT_HISTORY"


def _archive(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.mark.parametrize(
    "members",
    [
        [_member("../out")],
        [_member("/etc/out")],
        [_member("a", tarfile.SYMTYPE, "/etc/passwd")],
        [_member("a", tarfile.SYMTYPE, "../out")],
        [_member("l", tarfile.SYMTYPE, "."), _member("x", tarfile.SYMTYPE, "l/l/l/../../../out")],
        [_member("null", tarfile.CHRTYPE)],
        [_member("h", tarfile.LNKTYPE, "../out")],
    ],
)
def test_an_archive_that_leads_out_is_refused(tmp_path: Path, members: list[tarfile.TarInfo]) -> None:
    """Names, links, chains of links, devices."""
    archive = _archive(tmp_path / "a.tar", *((member, b"") for member in members))
    with pytest.raises(CannotHeal) as caught:
        archives.unpack(archive, tmp_path / "deep/er/target")
    assert caught.value.reason == "ARCHIVE_UNSAFE"


def test_an_uploaded_repository_is_no_way_into_another(tmp_path: Path) -> None:
    """A `.git` that points elsewhere, or borrows objects, holds nothing."""
    write(tmp_path / "victim", {"secret.py": ""})
    commit(tmp_path / "victim")
    archive = _archive(tmp_path / "a.tar", (_member(".git"), f"gitdir: {tmp_path}/victim/.git\n".encode()))
    archives.unpack(archive, tmp_path / "one")
    assert Checkout.of(tmp_path / "one", alone=True).repository is None
    members = [
        (_member(".git/objects/info/alternates"), f"{tmp_path}/victim/.git/objects\n".encode()),
        (_member(".git/config"), f"[core]\nworktree = {tmp_path}/victim\n".encode()),
    ]
    archives.unpack(_archive(tmp_path / "b.tar", *members), tmp_path / "two")
    assert not (tmp_path / "two/.git/objects/info/alternates").exists()
    assert "worktree" not in (tmp_path / "two/.git/config").read_text()


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://example.org/a.git", True),
        ("ssh://git@example.org/a.git", True),
        ("git@example.org:a/b.git", True),
        ("http://example.org/a.git", False),
        ("file:///etc", False),
        ("ext::sh -c touch% x", False),
        ("/etc", False),
        ("--upload-pack=x", False),
        ("ssh://-oProxyCommand=x/a", False),
        ("git@-oProxyCommand:a", False),
    ],
)
def test_only_two_transports(url: str, good: bool) -> None:
    """And nothing that git could take for an option."""
    assert clones.is_url(url) is good


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


async def _code(caller: Caller, project: Path, **fields: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(MaestroError) as caught:
        await caller.create(project, **fields)
    return caught.value.code, caught.value.reason


async def test_what_can_be_told_at_once_is_told_at_once(
    callers: Callable[..., Caller], projects: Path, tmp_path: Path
) -> None:
    """Each with its code and reason."""
    caller = callers()
    write(projects / "plain", {"test_a.py": "def test(): pass\n"})
    write(projects / "repo", {"test_a.py": "def test(): pass\n"})
    commit(projects / "repo")
    codes = grpc.StatusCode
    plain, repo = projects / "plain", projects / "repo"
    assert await _code(caller, plain, base="HEAD") == (codes.FAILED_PRECONDITION, "NO_GIT_HISTORY")
    assert await _code(caller, repo, base="nope") == (codes.INVALID_ARGUMENT, "UNKNOWN_REVISION")
    assert await _code(caller, tmp_path) == (codes.PERMISSION_DENIED, "PATH_NOT_ALLOWED")
    assert await _code(caller, projects / "none") == (codes.INVALID_ARGUMENT, "SOURCE_INVALID")
    assert await _code(caller, repo, python="/no/python") == (codes.INVALID_ARGUMENT, "INTERPRETER_INVALID")
    assert await _code(callers("t1", Role.VIEWER), repo) == (codes.PERMISSION_DENIED, "ROLE_MISSING")
    request = healing_pb2.GetHealingRequest(name="tenants/t1/healings/some")
    with pytest.raises(MaestroError) as caught:
        await callers("t2").maestro.healing.GetHealing(request)
    assert caught.value.reason == "TENANT_MISMATCH"


async def test_suites_that_cannot_be_run(caller: Caller, projects: Path, hanging: Path) -> None:
    """Each ends with a reason, and two at once do not get in each other's way."""
    write(projects / "none", {"a.py": "x = 1\n"})
    none = await caller.create(projects / "none")
    hangs = await caller.create(hanging, run_timeout={"seconds": 3})
    assert (await caller.ended(none.name)).failure.reason == "NO_TESTS"
    assert (await caller.ended(hangs.name)).failure.reason == "RUN_TIMED_OUT"
