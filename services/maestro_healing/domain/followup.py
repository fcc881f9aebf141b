"""Healed tests in later runs of the same project: whether a heal held is only known then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from maestro_healing.domain.healing import Healing, Source
from maestro_healing.domain.model import LaterRun, LineEdit
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import FolderTree


@dataclass(frozen=True)
class Followed:
    """A heal of an earlier healing, which may stand in the project by now."""

    healing: str
    test: str
    edits: tuple[LineEdit, ...]


def followed(healing: Healing, earlier: Iterable[Healing]) -> tuple[Followed, ...]:
    """The heals of earlier healings of the same project. An upload can't be told from another."""
    place = _place(healing.spec.source)
    if not place:
        return ()
    found: list[Followed] = []
    for one in earlier:
        if one.report is not None and _place(one.spec.source) == place and one.id != healing.id:
            healed = one.healed
            tests = (test for test in one.report.tests if test.edits and test.test in healed)
            found += (Followed(one.id, test.test, test.edits) for test in tests)
    return tuple(found)


def later_runs(heals: Iterable[Followed], tree: FolderTree, run: RunResult) -> Iterator[LaterRun]:
    """How the healed tests did in a run of a tree in which their edits stand.

    A file that could not be imported, and was healed, passes where it has tests.
    """
    texts: dict[str, str | None] = {}
    files = {test.partition("::")[0] for test in run.outcomes if "::" in test}
    for heal in heals:
        passed = True if heal.test in files else _passed(heal.test, run)
        if passed is not None and all(_stands(edit, tree, texts) for edit in heal.edits):
            yield LaterRun(heal.healing, heal.test, passed)


def _place(source: Source) -> str:
    return source.path or source.git_url


def _passed(test: str, run: RunResult) -> bool | None:
    """Whether it passed; None where it was not run."""
    outcome = run.outcomes.get(test)
    return None if outcome is None or outcome.status == "skipped" else outcome.passed


def _stands(edit: LineEdit, tree: FolderTree, texts: dict[str, str | None]) -> bool:
    """Whether an edit's lines are there. Where it only takes lines away, nothing shows that it was made."""
    if edit.path not in texts:
        texts[edit.path] = tree.text(edit.path)
    added = "".join(edit.lines)
    return bool(added.strip()) and added in (texts[edit.path] or "")
