"""Moving refs safely: under git's own lock files, so that any other git process is kept out too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import pygit2
from pygit2.transaction import ReferenceTransaction

from maestro_core.errors import Aborted

T = TypeVar("T")

_PATIENCE_SECONDS: Final = 10.0
# A lock is held for about a millisecond; one this old was left behind by a killed process.
_STALE_SECONDS: Final = 5.0


def branch_ref(template_id: str) -> str:
    """The branch that holds a template's versions, the latest commit at its tip."""
    return f"refs/heads/{template_id}"


def tag_ref(template_id: str, number: str) -> str:
    """The tag that names one version."""
    return f"refs/tags/{template_id}/v{number}"


def deleted_ref(template_id: str, tip: pygit2.Oid) -> str:
    """Keeps a deleted template's commits, out of sight among branches and tags."""
    return f"refs/deleted/{template_id}/{tip}"


def target(repository: pygit2.Repository, ref: str) -> pygit2.Oid | None:
    """What a ref points at, or None where there is no such ref."""
    found = repository.references.get(ref)
    return found.peel(pygit2.Commit).id if found else None


def with_locked_ref(repository: pygit2.Repository, ref: str, work: Callable[[ReferenceTransaction], T]) -> T:
    """Run `work` while nobody else can move `ref`; what it sets takes effect when it returns.

    Waits for other writers. Raises Aborted (REPOSITORY_BUSY) when they do not let go.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with ReferenceTransaction(repository) as transaction:
            try:
                transaction.lock_ref(ref)
            except (pygit2.GitError, ValueError, OSError) as error:
                failure: Exception = error
            else:
                return work(transaction)
        if time.monotonic() > deadline:
            raise Aborted(
                "other writers hold this template; try again", reason="REPOSITORY_BUSY", retry_after=1.0
            ) from failure
        _break_stale_lock(Path(repository.path) / f"{ref}.lock")
        time.sleep(random.uniform(0.0005, 0.005))


def _break_stale_lock(lock: Path) -> None:
    with suppress(FileNotFoundError):
        if time.time() - lock.stat().st_mtime > _STALE_SECONDS:
            lock.unlink()
