"""The guard: reviews a change to tests and names each place where it weakens them."""

from collections.abc import Iterable, Sequence

from maestro_healing.domain.guard import tolerant
from maestro_healing.domain.guard.comparison import Comparison
from maestro_healing.domain.guard.model import FileChange, Finding, Kind, Review, TouchedTest
from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.rules import configuration
from maestro_healing.domain.guard.source import Module, UnreadableError, is_test_file, parse


def check_change(files: Sequence[FileChange]) -> Sequence[Finding]:
    """Every weakening in a change; empty where it is clean. Files of the product alter nothing."""
    return review(files).findings


def check_file(path: str, old: str | None, new: str | None) -> Sequence[Finding]:
    """The weakenings in the change of one file."""
    return check_change([FileChange(path, old, new)])


def review(files: Sequence[FileChange]) -> Review:
    """Weakenings, and the expectations that changed."""
    findings = [*configuration.find(files)]
    before: list[Module] = []
    after: list[Module] = []
    for change in files:
        if change.old == change.new:
            continue
        if not is_test_file(change.path):
            continue
        try:
            new = None if change.new is None else parse(change.path, change.new)
        except UnreadableError as error:
            if change.old is None:  # no test of it was ever read: it hides none
                continue
            findings.append(Finding(change.path, error.line, Kind.UNREADABLE, f"the new text {error}", ""))
            continue
        try:
            old = None if change.old is None else parse(change.path, change.old)
        except UnreadableError:
            findings += tolerant.find(change)
            continue
        before += [old] if old else []
        after += [new] if new else []
    reported, touched = _compared(before, after)
    weak = [f for f in reported if f.kind is not Kind.EXPECTATION_CHANGED]
    changed = [f for f in reported if f.kind is Kind.EXPECTATION_CHANGED]
    return Review(_unique([*findings, *weak]), _unique(changed), touched)


def _compared(
    before: Sequence[Module], after: Sequence[Module]
) -> tuple[Sequence[Finding], Sequence[TouchedTest]]:
    try:
        comparison = Comparison(Project(before), Project(after))
        return list(comparison.findings()), tuple(comparison.touched())
    except RecursionError:
        words = "the new text is nested too deeply to review"
        return [Finding(module.path, 1, Kind.UNREADABLE, words, "") for module in after], ()


def _unique(findings: Iterable[Finding]) -> Sequence[Finding]:
    """One finding for a place and kind: a helper's loss is told once, not for each test that uses it."""
    seen: dict[tuple[str, int, Kind], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.file, finding.line, finding.kind), finding)
    return tuple(sorted(seen.values()))
