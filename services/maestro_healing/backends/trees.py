"""Private copies of a project: its working tree as it stands, and one revision of it.

libgit2 alone touches the repository: it runs no hooks, no filters and no file monitors, whatever the
repository's own settings ask for, and it writes nothing there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pygit2
from pygit2.enums import ObjectType, SortMode

from maestro_healing.backends.allowance import Allowance
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.model import Commit

# Made by tools, never by people; where there is no git, nothing else says so.
_MADE = frozenset(
    {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", "node_modules"}
)
_MOST_COMMITS = 500
_LINK_MODE = 0o120000
_EXECUTABLE_MODE = 0o100755

# Whose files a project's are does not matter to one who runs nothing of them.
pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, 0)


@dataclass(frozen=True)
class Checkout:
    """A folder that may lie in a git repository. `prefix` is the folder inside the repository, `` its top."""

    folder: Path
    repository: pygit2.Repository | None
    prefix: str

    @classmethod
    def of(cls, folder: Path, *, alone: bool = False) -> Checkout:
        """The folder with its repository, where it belongs to one; `alone` looks at no folder above it."""
        folder = folder.resolve()
        found = pygit2.discover_repository(str(folder), False, str(folder.parent) if alone else "")
        if found is None:
            return cls(folder, None, "")
        repository = pygit2.Repository(found)
        top = Path(repository.workdir).resolve() if repository.workdir else None
        if top is None or not folder.is_relative_to(top):
            return cls(folder, None, "")
        prefix = "" if folder == top else f"{folder.relative_to(top).as_posix()}/"
        if prefix and repository.path_is_ignored(prefix):  # it merely lies in there
            return cls(folder, None, "")
        return cls(folder, repository, prefix)

    @property
    def top(self) -> Path:
        """The folder that holds all of the repository, or the project alone without one."""
        return self.folder.parents[self.prefix.count("/") - 1] if self.prefix else self.folder

    def head_revision(self) -> str:
        """The commit that is checked out, marked `+dirty` where the tree differs; empty without one."""
        if self.repository is None or self.repository.head_is_unborn:
            return ""
        changed = any(path.startswith(self.prefix) for path in self.repository.status(ignored=False))
        return f"{self.repository.head.target}{'+dirty' if changed else ''}"

    def resolve(self, revision: str) -> pygit2.Commit:
        """The commit of a revision. Raises CannotHeal (NO_GIT_HISTORY, UNKNOWN_REVISION)."""
        if self.repository is None or self.repository.is_empty:
            raise CannotHeal(
                "NO_GIT_HISTORY",
                f"The project has no git history, so there is no revision {revision!r} in it.",
            )
        for name in (revision, f"origin/{revision}"):  # a clone has the branches of where it is from
            with contextlib.suppress(KeyError, ValueError, pygit2.GitError):
                return self.repository.revparse_single(name).peel(pygit2.Commit)
        raise CannotHeal("UNKNOWN_REVISION", f"The project's history has no revision {revision!r}.")

    def copy_working_tree(self, target: Path) -> None:
        """Copy what is tracked, and what is new and not ignored, as it stands on disk."""
        target.mkdir(parents=True)
        _copy_folder(self, target, Allowance())

    def copy_revision(self, commit: pygit2.Commit, target: Path) -> None:
        """Write one revision of the folder."""
        target.mkdir(parents=True)
        try:
            tree = commit.tree[self.prefix.rstrip("/")] if self.prefix else commit.tree
        except KeyError:
            return
        if isinstance(tree, pygit2.Tree):
            _write_tree(tree, self.folder, target, target, Allowance())

    def commits_since(self, base: pygit2.Commit, head: pygit2.Commit) -> tuple[Commit, ...]:
        """The commits between base and head, newest first, with the paths that each touched."""
        if self.repository is None:
            return ()
        walker = self.repository.walk(head.id, SortMode.TOPOLOGICAL)
        walker.hide(base.id)
        found: list[Commit] = []
        for commit in walker:
            if len(found) == _MOST_COMMITS:
                break
            parent = commit.parents[0].tree if commit.parents else None
            diff = commit.tree.diff_to_tree(parent) if parent is not None else commit.tree.diff_to_tree()
            paths = {path for delta in diff.deltas for path in (delta.new_file.path, delta.old_file.path)}
            inside = sorted(path.removeprefix(self.prefix) for path in paths if path.startswith(self.prefix))
            found.append(Commit(str(commit.id), commit.message, tuple(inside)))
        return tuple(found)

    def paths(self) -> Iterator[str]:
        """Files and links of the working tree, relative to the folder; submodules' among them."""
        tracked = self._tracked()
        folders = {str(parent) for path in tracked for parent in PurePosixPath(path).parents}
        yield from self._below("", tracked, folders)

    def _tracked(self) -> set[str]:
        if self.repository is None:
            return set()
        return {
            entry.path.removeprefix(self.prefix)
            for entry in self.repository.index
            if entry.path.startswith(self.prefix)
        }

    def _below(self, inside: str, tracked: set[str], folders: set[str]) -> Iterator[str]:
        for entry in sorted(os.scandir(self.folder / inside), key=lambda entry: entry.name):
            path = f"{inside}{entry.name}"
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" or not (
                path in tracked or path in folders or self._is_new(path, is_folder)
            ):
                continue
            if not is_folder:
                yield path
            elif path in tracked:  # a submodule, with rules of its own
                yield from (f"{path}/{name}" for name in Checkout.of(self.folder / path, alone=True).paths())
            else:
                yield from self._below(f"{path}/", tracked, folders)

    def _is_new(self, path: str, is_folder: bool) -> bool:
        """Whether an untracked file or folder belongs to the project."""
        name = PurePosixPath(path).name
        if name in _MADE or (is_folder and (self.folder / path / "pyvenv.cfg").exists()):
            return False
        return self.repository is None or not self.repository.path_is_ignored(
            f"{self.prefix}{path}{'/' if is_folder else ''}"
        )


def _copy_folder(checkout: Checkout, target: Path, allowance: Allowance) -> None:
    for path in checkout.paths():
        source, place = checkout.folder / path, target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            _copy(source, place, checkout, allowance)
        except FileNotFoundError:  # the tree is somebody's, who may be at work
            continue
        except OSError as error:
            raise CannotHeal("PROJECT_UNREADABLE", f"{path} can't be read: {error.strerror}.") from error


def _copy(source: Path, place: Path, checkout: Checkout, allowance: Allowance) -> None:
    """Copy a file or a link; pipes, sockets and devices are left out.

    A link out of the project becomes what it leads to where that lies in the repository, and is left out
    elsewhere: it may be anything of this machine.
    """
    found = source.lstat()
    allowance.spend(found.st_size)
    if stat.S_ISLNK(found.st_mode):
        end, link = source.resolve(), source.readlink()
        if end.is_relative_to(checkout.folder) and not link.is_absolute():
            place.symlink_to(link)
        elif end.is_relative_to(checkout.top) and end.is_file():
            shutil.copy2(end, place)
        elif end.is_relative_to(checkout.top) and end.is_dir() and not checkout.folder.is_relative_to(end):
            _copy_folder(Checkout(end, None, ""), place, allowance)
    elif stat.S_ISREG(found.st_mode):
        shutil.copy2(source, place)


def _write_tree(tree: pygit2.Tree, source: Path, target: Path, root: Path, allowance: Allowance) -> None:
    """Write a tree. `source` is the working tree's folder of it: a submodule's repository is found there."""
    for entry in tree:
        if entry.name is None or entry.name in (".", "..", ".git"):
            continue
        path = target / entry.name
        allowance.spend(entry.size if isinstance(entry, pygit2.Blob) else 0)
        if isinstance(entry, pygit2.Tree):
            path.mkdir()
            _write_tree(entry, source / entry.name, path, root, allowance)
        elif isinstance(entry, pygit2.Blob):
            _write_blob(entry, path, root)
        elif entry.type == ObjectType.COMMIT:
            _write_submodule(entry.id, source / entry.name, path, allowance)


def _write_blob(blob: pygit2.Blob, path: Path, root: Path) -> None:
    if blob.filemode == _LINK_MODE:
        link = os.fsdecode(blob.data)
        inside = Path(os.path.normpath(path.parent / link)).is_relative_to(root)
        if inside and not link.startswith("/"):
            path.symlink_to(link)
        return
    path.write_bytes(blob.data)
    path.chmod(0o755 if blob.filemode == _EXECUTABLE_MODE else 0o644)


def _write_submodule(id: pygit2.Oid, source: Path, path: Path, allowance: Allowance) -> None:
    """Write a submodule's revision, where its own repository is there and has it."""
    path.mkdir()
    if source.is_dir() and (repository := Checkout.of(source, alone=True).repository) is not None:
        commit = repository.get(id)
        if isinstance(commit, pygit2.Commit):
            _write_tree(commit.tree, source, path, path, allowance)
