"""Where a patch goes: a file, the working tree, or a commit on a new branch."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pygit2

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal.patching import changed, encoded, paths
from maestro_cli.heal.project import LocalProject

Snapshot = Mapping[str, tuple[int, int, int]]


def keep(folder: Path, project: LocalProject, patch: str, suffix: str = "") -> Path:
    """Keep a patch in the data directory. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9._-]", "-", project.root.name) or "project"
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]
    file = folder / f"{name}-{moment}{suffix}.patch"
    write(file, project, patch)
    return file


def write(file: Path, project: LocalProject, patch: str) -> None:
    """Write a patch as `git apply` takes it. Raises OSError."""

    def content(path: str) -> bytes:
        patched = project.root / path
        return patched.read_bytes() if patched.is_file() else b""

    file.write_bytes(encoded(patch, content))


def check_unchanged(project: LocalProject, patch: str, healed_from: Snapshot) -> None:
    """Raises CliError where a file that the patch edits is no longer the one that was healed."""
    for path in paths(patch):
        if not project.is_as_in(healed_from, path):
            raise CliError(
                f"{path} has changed since it was healed; nothing was edited.",
                "Look at both, then apply the patch by hand or heal again.",
            )


def apply_in_place(project: LocalProject, patch: str, delivered: str = "") -> list[str]:
    """Edit the working tree, all files or none; gives their paths. A patch delivered before is taken back.

    Raises CliError where a file is not what the patch was made for, and OSError.
    """
    contents = changed(patch, lambda path: (project.root / path).read_bytes(), delivered)
    waiting: dict[Path, Path] = {}  # finished copies, each to be renamed onto its target
    try:
        for path, content in contents.items():
            target = (project.root / path).resolve()  # a link stays a link
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
            waiting[target] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
        for target, copy in waiting.items():
            copy.replace(target)
    finally:
        for copy in waiting.values():
            copy.unlink(missing_ok=True)
    return sorted(contents)


def check_branch(project: LocalProject, name: str) -> pygit2.Repository:
    """The repository that can take the new branch. Raises CliError where it can't."""
    repository = _repository(project)
    if not pygit2.reference_is_valid_name(f"refs/heads/{name}"):
        raise CliError(f"{name!r} is no name for a branch.", code=ExitCode.WRONG_USE)
    if name in repository.branches.local:
        raise CliError(
            f"there is a branch {name!r} already; it is left as it is.",
            "Name another one.",
            ExitCode.WRONG_USE,
        )
    return repository


def commit_on_branch(project: LocalProject, name: str, patch: str, message: str) -> str:
    """Commit the patch on a new branch at HEAD, and give the commit's id. Working tree and index stay.

    Raises CliError where a file that it edits has changes that are not committed.
    """
    repository = check_branch(project, name)
    head = repository.head.peel(pygit2.Commit)
    prefix = _prefix(project, repository)

    def committed(path: str) -> bytes:
        entry = head.tree / f"{prefix}{path}" if f"{prefix}{path}" in head.tree else None
        if not isinstance(entry, pygit2.Blob) or entry.data != (project.root / path).read_bytes():
            raise CliError(
                f"{path} has changes that are not committed, so a commit of its heal would mix them in.",
                "Commit or stash them and heal again, or use --patch or --apply.",
            )
        return entry.data

    return _commit(repository, name, head, prefix, changed(patch, committed), message)


def commit_on_top(project: LocalProject, name: str, patch: str, message: str, delivered: str) -> str:
    """Commit the patch on a branch of an earlier delivery, which is taken back; gives the last commit's id.

    Raises CliError where the branch has no such files, or is checked out: its files would seem changed.
    """
    repository = _repository(project)
    branch = repository.branches.local.get(name)
    if branch is None and not patch:
        raise CliError(f"there is no branch {name!r} any more.")
    if branch is None:
        return commit_on_branch(project, name, patch, message)
    if branch.is_checked_out():
        raise CliError(f"the branch {name!r} is checked out.", "Apply the patch to it by hand.")
    tip = branch.peel(pygit2.Commit)
    prefix = _prefix(project, repository)

    def committed(path: str) -> bytes:
        entry = tip.tree / f"{prefix}{path}" if f"{prefix}{path}" in tip.tree else None
        if not isinstance(entry, pygit2.Blob):
            raise CliError(f"the branch {name!r} has no file {path}.")
        return entry.data

    contents = changed(patch, committed, delivered)
    if all(committed(path) == content for path, content in contents.items()):
        return str(tip.id)
    return _commit(repository, name, tip, prefix, contents, message)


def _commit(
    repository: pygit2.Repository,
    branch: str,
    parent: pygit2.Commit,
    prefix: str,
    contents: Mapping[str, bytes],
    message: str,
) -> str:
    index = pygit2.Index()
    index.read_tree(parent.tree)
    for path, content in contents.items():
        mode = index[f"{prefix}{path}"].mode
        index.add(pygit2.IndexEntry(f"{prefix}{path}", repository.create_blob(content), mode))
    tree = index.write_tree(repository)
    author = _signature(repository)
    commit = repository.create_commit(f"refs/heads/{branch}", author, author, message, tree, [parent.id])
    return str(commit)


def _repository(project: LocalProject) -> pygit2.Repository:
    repository = project.repository
    if repository is None or repository.head_is_unborn:
        raise CliError(
            f"{project.root} has no commit to branch from.", "Use --patch or --apply.", ExitCode.WRONG_USE
        )
    return repository


def _prefix(project: LocalProject, repository: pygit2.Repository) -> str:
    """Where the project lies in its repository, with a slash at the end, or nothing."""
    within = project.root.relative_to(Path(repository.workdir).resolve()).as_posix()
    return "" if within == "." else f"{within}/"


def _signature(repository: pygit2.Repository) -> pygit2.Signature:
    try:
        return repository.default_signature
    except KeyError:
        return pygit2.Signature("Maestro", "maestro@localhost")
