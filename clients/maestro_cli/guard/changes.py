"""What changed between a revision and the working tree, or between two revisions."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pygit2

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal.project import LocalProject
from maestro_healing.domain.guard import FileChange

# Sources, and where pytest is configured.
_KINDS = {".py", ".toml", ".cfg", ".ini"}


def repository_of(project: LocalProject) -> pygit2.Repository:
    """Its repository, which has a working tree. Raises CliError."""
    repository = project.repository
    if repository is None or repository.workdir is None:
        raise CliError(f"{project.root} has no git working tree.", code=ExitCode.WRONG_USE)
    return repository


def changes(repository: pygit2.Repository, base: str, head: str) -> list[FileChange]:
    """The changed Python and configuration files on both sides; without `head` the new side is the
    working tree, with new files that are not ignored.
    """
    before = repository.revparse_single(base).peel(pygit2.Tree)
    after = repository.revparse_single(head).peel(pygit2.Tree) if head else None
    if after is not None:
        diff = before.diff_to_tree(after)
    else:
        flags = pygit2.enums.DiffOption.INCLUDE_UNTRACKED | pygit2.enums.DiffOption.RECURSE_UNTRACKED_DIRS
        diff = before.diff_to_workdir(flags=flags)
    paths = {delta.new_file.path or delta.old_file.path for delta in diff.deltas}
    root = Path(repository.workdir)
    return [
        FileChange.decode(
            path, _blob(before, path), _on_disk(root / path) if after is None else _blob(after, path)
        )
        for path in sorted(paths)
        if PurePosixPath(path).suffix in _KINDS
    ]


def _blob(tree: pygit2.Tree, path: str) -> bytes | None:
    found = tree / path if path in tree else None
    return found.data if isinstance(found, pygit2.Blob) else None


def _on_disk(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
