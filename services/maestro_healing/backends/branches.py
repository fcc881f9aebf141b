"""Makes a branch with commits in a repository, beside whatever is checked out there.

libgit2 alone writes it: no hook, filter or setting of the repository runs anything.
"""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from pathlib import Path

import pygit2

from maestro_healing.backends.trees import Checkout
from maestro_healing.domain.delivery import Branch, HealCommit
from maestro_healing.domain.errors import CannotHeal

_WHO = ("Maestro", "maestro@localhost")


@dataclass(frozen=True)
class BranchOrder:
    """A branch to make at a revision of the repository that a folder belongs to. `alone` looks at no folder
    around it: it is a repository from elsewhere, or one without a working tree.
    """

    folder: Path
    alone: bool
    revision: str
    branch: Branch


def make_branch(order: BranchOrder) -> str:
    """Make it, or find it made; gives its last commit.

    The same order makes the same commits, so that doing it again changes nothing. Raises CannotHeal
    (NO_GIT_HISTORY, UNKNOWN_REVISION, BRANCH_TAKEN, FILES_DIFFER, BRANCH_REFUSED).
    """
    repository, prefix = _repository(order)
    try:
        parent = repository.revparse_single(order.revision).peel(pygit2.Commit)
        _check_originals(parent.tree, prefix, order.branch)
        for commit in order.branch.commits:
            parent = _commit(repository, parent, prefix, commit, order.branch.seconds)
        _point(repository, f"refs/heads/{order.branch.name}", parent.id)
    except KeyError as error:
        words = f"The repository has no revision {order.revision!r}."
        raise CannotHeal("UNKNOWN_REVISION", words) from error
    except (pygit2.GitError, OSError, ValueError) as error:
        raise CannotHeal("BRANCH_REFUSED", f"The repository takes no branch: {error}") from error
    return str(parent.id)


def _repository(order: BranchOrder) -> tuple[pygit2.Repository, str]:
    """The repository, and where the project lies in it."""
    if order.alone:
        try:
            return pygit2.Repository(str(order.folder)), ""
        except pygit2.GitError as error:
            raise CannotHeal("NO_GIT_HISTORY", "There is no git repository.") from error
    checkout = Checkout.of(order.folder)
    if checkout.repository is None or not order.revision:
        raise CannotHeal("NO_GIT_HISTORY", "The folder has no commit to branch from.")
    return checkout.repository, checkout.prefix


def _commit(
    repository: pygit2.Repository, parent: pygit2.Commit, prefix: str, commit: HealCommit, seconds: int
) -> pygit2.Commit:
    index = pygit2.Index()
    index.read_tree(parent.tree)
    for path, text in commit.texts.items():
        known = index[f"{prefix}{path}"]
        content = text.encode(_encoding(repository[known.id].peel(pygit2.Blob).data))
        index.add(pygit2.IndexEntry(known.path, repository.create_blob(content), known.mode))
    who = pygit2.Signature(*_WHO, seconds, 0)
    tree = index.write_tree(repository)
    id = repository.create_commit(None, who, who, commit.message, tree, [parent.id])
    return repository[id].peel(pygit2.Commit)


def _check_originals(tree: pygit2.Tree, prefix: str, branch: Branch) -> None:
    """Raise CannotHeal where a file is not the one that was healed: it had changes that are not committed."""
    for path, original in branch.originals.items():
        place = f"{prefix}{path}"
        blob = tree / place if place in tree else None
        if not isinstance(blob, pygit2.Blob) or blob.data != original.encode(_encoding(blob.data)):
            raise CannotHeal("FILES_DIFFER", f"{path} is committed otherwise than it was healed.")


def _point(repository: pygit2.Repository, name: str, commit: pygit2.Oid) -> None:
    known = repository.references.get(name)
    if known is None:
        repository.references.create(name, commit)
    elif known.target != commit:
        raise CannotHeal("BRANCH_TAKEN", f"There is another branch of the name {name}; it is left as it is.")


def _encoding(content: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
