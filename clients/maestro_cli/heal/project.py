"""The project as it lies there: its git, its interpreter, its files. Nothing of it is run or changed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pygit2

from maestro_cli.failure import CliError, ExitCode
from maestro_healing.backends import interpreters

_UNWANTED = {".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache", ".pytest_cache"}
_SECONDS_TO_ASK = 20


@dataclass(frozen=True)
class LocalProject:
    """A folder that is to be healed."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> LocalProject:
        """Raises CliError where there is no such folder."""
        if not path.is_dir():
            raise CliError(
                f"{path} is no folder.",
                "Give the folder of the project whose tests fail.",
                ExitCode.WRONG_USE,
            )
        return cls(path.resolve())

    @cached_property
    def repository(self) -> pygit2.Repository | None:
        """The git repository that the folder is in."""
        found = pygit2.discover_repository(str(self.root))
        try:
            return pygit2.Repository(found) if found else None
        except pygit2.GitError as error:
            raise CliError(
                f"git refuses the repository of {self.root}: {error}.",
                "Where another user owns it: git config --global --add safe.directory FOLDER",
            ) from error

    def check_base(self, revision: str) -> None:
        """Raises CliError where there is no such revision."""
        repository = self.repository
        if repository is None:
            raise CliError(
                f"{self.root} has no git history, so there is no revision {revision!r}.",
                "Leave out --base: what is found is then proposed at most.",
                ExitCode.WRONG_USE,
            )
        try:
            repository.revparse_single(revision).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise CliError(
                f"there is no revision {revision!r} in {self.root}.", self._suggestion(), ExitCode.WRONG_USE
            ) from error

    def advice_without_base(self) -> str:
        """What to say where no base revision was given."""
        if self.repository is None:
            return "No git history: what is found is proposed at most, for there is nothing to compare with."
        return f"No --base: what is found is proposed at most. {self._suggestion()}"

    def _suggestion(self) -> str:
        repository = self.repository
        if repository is None or repository.head_is_unborn:
            return "Commit first."
        try:
            tag = repository.describe(
                describe_strategy=pygit2.enums.DescribeStrategy.TAGS, abbreviated_size=0
            )
        except (KeyError, pygit2.GitError):
            tag = ""
        last_good = f"--base {tag}" if tag else "--base HEAD~1"
        return f"Name the last revision at which the tests were right, e.g. {last_good}."

    def snapshot(self) -> Mapping[str, tuple[int, int, int]]:
        """Each file's inode, size and time of change: what is edited must still be what was healed."""
        stats = ((path, (self.root / path).lstat()) for path in self._walk())
        return {path: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in stats}

    def is_as_in(self, snapshot: Mapping[str, tuple[int, int, int]], path: str) -> bool:
        """Whether a file is as it was."""
        try:
            stat = (self.root / path).lstat()
        except OSError:
            return False
        return snapshot.get(path) == (stat.st_ino, stat.st_size, stat.st_mtime_ns)

    def files(self) -> list[str]:
        """What belongs to the project, for an upload: what git does not ignore, and `.git` itself."""
        repository = self.repository
        wanted = [path for path in self._walk() if repository is None or not repository.path_is_ignored(path)]
        if (self.root / ".git").is_dir():
            for parent, _, names in os.walk(self.root / ".git"):
                wanted += [os.path.relpath(Path(parent) / name, self.root) for name in names]
        return wanted

    def _walk(self) -> Iterator[str]:
        for parent, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in _UNWANTED and name != ".git"]
            for name in names:
                yield os.path.relpath(Path(parent) / name, self.root)

    def interpreter(self) -> Path | None:
        """The project's `.venv` or its repository's, else the active environment: with pytest, not ours."""
        repository = self.repository
        top = Path(repository.workdir).resolve() if repository and repository.workdir else self.root
        if own := interpreters.find(self.root, top):
            return Path(own)
        active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
        python = Path(active, "bin", "python") if active else None
        return python if python and not _is_ours(python) and _has_pytest(python) else None


def _is_ours(python: Path) -> bool:
    return python.parent.parent.resolve() == Path(sys.prefix).resolve()


def _has_pytest(python: Path) -> bool:
    question = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pytest') is None)"
    try:
        asked = subprocess.run(
            [python, "-I", "-c", question], capture_output=True, timeout=_SECONDS_TO_ASK, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0
