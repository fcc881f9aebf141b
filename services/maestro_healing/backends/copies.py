"""The private copies of a project that a healing works on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maestro_healing.backends import interpreters
from maestro_healing.backends.trees import Checkout
from maestro_healing.domain.sources import FolderTree, Project


@dataclass(frozen=True)
class CopyOrder:
    """What to copy below `work`: a folder as it stands, or a revision of it; and the base where it is named.

    `alone` looks at no folder around it, and takes no interpreter of its own: it came from elsewhere.
    """

    folder: Path
    work: Path
    revision: str
    base_revision: str
    alone: bool


@dataclass(frozen=True)
class Copies:
    """The copies, the revisions that they are of, and the interpreter that lies beside the project."""

    project: Project
    head_revision: str
    base_revision: str
    python: str | None


def make_copies(order: CopyOrder) -> Copies:
    """Make them. Raises CannotHeal."""
    checkout = Checkout.of(order.folder, alone=order.alone)
    python = None if order.alone else interpreters.find(checkout.folder, checkout.top)
    head = order.work / "head"
    if order.revision:
        commit = checkout.resolve(order.revision)
        head_revision = str(commit.id)
        checkout.copy_revision(commit, head)
    else:
        head_revision = checkout.head_revision()
        checkout.copy_working_tree(head)
    if not order.base_revision:
        return Copies(Project(FolderTree(head)), head_revision, "", python)
    last_good = checkout.resolve(order.base_revision)
    base = order.work / "base"
    checkout.copy_revision(last_good, base)
    commits = checkout.commits_since(last_good, checkout.resolve(order.revision or "HEAD"))
    return Copies(
        Project(FolderTree(head), FolderTree(base), commits), head_revision, str(last_good.id), python
    )
