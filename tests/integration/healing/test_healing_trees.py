"""Private copies: trees as they are, of repositories that may be hostile."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from maestro_healing.backends import allowance
from maestro_healing.backends.trees import Checkout
from maestro_healing.domain.errors import CannotHeal

from .conftest import commit, git, state_of, write


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
    assert [one.paths for one in checkout.commits_since(base, checkout.resolve("HEAD"))] == [("a.py",)]


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


def test_a_tree_that_is_much_more_than_its_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten trees of ten entries each hold ten thousand million files, and few bytes."""
    monkeypatch.setattr(allowance, "_MOST_ENTRIES", 500)
    repository = pygit2.init_repository(tmp_path / "p")
    tree, mode = repository.create_blob(b"x"), 0o100644
    for _ in range(10):
        builder = repository.TreeBuilder()
        for number in range(10):
            builder.insert(f"f{number}", tree, mode)
        tree, mode = builder.write(), 0o040000
    who = pygit2.Signature("Someone", "someone@example.org")
    made = repository.create_commit("HEAD", who, who, "Bomb", tree, [])
    checkout = Checkout.of(tmp_path / "p")
    with pytest.raises(CannotHeal) as caught:
        checkout.copy_revision(checkout.resolve(str(made)), tmp_path / "copy")
    assert caught.value.reason == "PROJECT_TOO_LARGE"
    copied = sum(1 for _ in (tmp_path / "copy").rglob("*"))
    assert copied <= 500
