"""Private copies of a project: its working tree as it stands, and one revision of it.

libgit2 alone touches the repository: it runs no hooks, no filters and no file monitors, whatever the
repository's own settings ask for, and it writes nothing there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pygit2
from pygit2.enums import FileStatus, ObjectType, SortMode

from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.model import Commit

_NEVER_COPIED = {".git", ".venv", "venv", "__pycache__", ".pytest_cache", ".tox", ".nox", "node_modules"}
_MOST_COMMITS = 500
_LINK_MODE = 0o120000
_EXECUTABLE_MODE = 0o100755

pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, 0)


@dataclass(frozen=True)
class Checkout:
    """A folder that may lie in a git repository. `prefix` is the folder inside the repository, `` its top."""

    folder: Path
    repository: pygit2.Repository | None
    prefix: str

    @classmethod
    def of(cls, folder: Path) -> Checkout:
        """The folder with its repository, where it lies in one."""
        found = pygit2.discover_repository(str(folder))
        if found is None:
            return cls(folder, None, "")
        repository = pygit2.Repository(found)
        if repository.workdir is None:
            return cls(folder, None, "")
        prefix = folder.resolve().relative_to(Path(repository.workdir).resolve()).as_posix()
        return cls(folder, repository, "" if prefix == "." else f"{prefix}/")

    def head_revision(self) -> str:
        """The commit that is checked out, marked `+dirty` where the tree differs; empty without one."""
        if self.repository is None or self.repository.head_is_unborn:
            return ""
        dirty = any(not status & FileStatus.IGNORED for status in self.repository.status().values())
        return f"{self.repository.head.target}{'+dirty' if dirty else ''}"

    def resolve(self, revision: str) -> pygit2.Commit:
        """The commit of a revision. Raises CannotHeal (NO_GIT_HISTORY, UNKNOWN_REVISION)."""
        if self.repository is None or self.repository.head_is_unborn:
            raise CannotHeal(
                "NO_GIT_HISTORY",
                f"{self.folder} has no git history, so there is no revision {revision!r} in it.",
            )
        try:
            return self.repository.revparse_single(revision).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise CannotHeal(
                "UNKNOWN_REVISION", f"The project's history has no revision {revision!r}."
            ) from error

    def copy_working_tree(self, target: Path) -> None:
        """Copy what is tracked, and what is new and not ignored, as it stands on disk."""
        target.mkdir(parents=True)
        for path in sorted(self._paths()):
            _copy(self.folder / path, target / path)

    def copy_revision(self, commit: pygit2.Commit, target: Path) -> None:
        """Write one revision of the folder."""
        target.mkdir(parents=True)
        tree: pygit2.Object = commit.tree
        if self.prefix:
            try:
                tree = commit.tree[self.prefix.rstrip("/")]
            except KeyError:
                return
        if isinstance(tree, pygit2.Tree):
            _write_tree(tree, target)

    def commits_since(self, base: pygit2.Commit) -> tuple[Commit, ...]:
        """The commits between base and head, newest first, with the paths that each touched."""
        if self.repository is None:
            return ()
        walker = self.repository.walk(self.repository.head.target, SortMode.TOPOLOGICAL)
        walker.hide(base.id)
        found: list[Commit] = []
        for commit in walker:
            if len(found) == _MOST_COMMITS:
                break
            parent = commit.parents[0].tree if commit.parents else None
            diff = commit.tree.diff_to_tree(parent) if parent is not None else commit.tree.diff_to_tree()
            paths = {delta.new_file.path for delta in diff.deltas} | {
                delta.old_file.path for delta in diff.deltas
            }
            inside = sorted(path.removeprefix(self.prefix) for path in paths if path.startswith(self.prefix))
            found.append(Commit(str(commit.id), commit.message, tuple(inside)))
        return tuple(found)

    def _paths(self) -> Iterator[str]:
        if self.repository is None:
            yield from _walk(self.folder, PurePosixPath())
            return
        seen = {entry.path for entry in self.repository.index}
        new = self.repository.status(untracked_files="all")
        seen |= {path for path, status in new.items() if status & (FileStatus.WT_NEW | FileStatus.INDEX_NEW)}
        for path in seen:
            if path.startswith(self.prefix) and not _NEVER_COPIED & set(PurePosixPath(path).parts):
                yield path.removeprefix(self.prefix)


def _walk(folder: Path, inside: PurePosixPath) -> Iterator[str]:
    for entry in os.scandir(folder / inside):
        if entry.name in _NEVER_COPIED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder, inside / entry.name)
        else:
            yield str(inside / entry.name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a link. A tracked file that is gone from the disk, or no plain file, is left out."""
    if source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source.readlink())
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _write_tree(tree: pygit2.Tree, target: Path) -> None:
    for entry in tree:
        if entry.name is None or entry.name in _NEVER_COPIED:
            continue
        path = target / entry.name
        if entry.type == ObjectType.TREE and isinstance(entry, pygit2.Tree):
            path.mkdir()
            _write_tree(entry, path)
        elif isinstance(entry, pygit2.Blob):
            if entry.filemode == _LINK_MODE:
                path.symlink_to(os.fsdecode(entry.data))
            else:
                path.write_bytes(entry.data)
                path.chmod(0o755 if entry.filemode == _EXECUTABLE_MODE else 0o644)
