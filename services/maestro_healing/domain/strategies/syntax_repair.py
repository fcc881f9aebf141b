"""Test files that do not parse."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from maestro_healing.domain.changes import line_edits
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.guard import check_file
from maestro_healing.domain.model import Evidence, EvidenceKind, StrategyInfo
from maestro_healing.domain.rewrite.texts import ReplaceText
from maestro_healing.domain.runs import COLLECT
from maestro_healing.domain.strategies.strategy import Case, Proposal
from maestro_healing.domain.syntax.conflicts import has_conflicts, resolutions
from maestro_healing.domain.syntax.contents import Contents
from maestro_healing.domain.syntax.fault import fault_in
from maestro_healing.domain.syntax.repair import Repair, repairs

_MOST_PROPOSALS = 6
_MOST_REVIEWED = 8
_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(?P<name>test\w*)", re.MULTILINE)
# How much dearer the next repair must be for the first one to be the only likely one.
_MARGIN = 0.25


@dataclass(frozen=True)
class _Candidate:
    """A repair with what speaks for it. `lost` counts tests that it hides, `objections` the guard's,
    `strangers` names that nothing defines, `unlike` the lines in which it differs from the file at base.
    """

    text: str
    cost: float
    note: Evidence | None
    lost: int
    strangers: int
    checks: int
    unlike: int
    as_at_base: bool
    objections: int = 0

    @property
    def worth(self) -> tuple[int, int, int, int, bool, int]:
        """What counts before the size of the edit; less is better."""
        silent = self.note is None or self.note.kind is not EvidenceKind.CALL_SITES_CHANGED
        return self.lost, self.objections, self.strangers, -self.checks, silent, self.unlike

    @property
    def rank(self) -> tuple[tuple[int, int, int, int, bool, int], float]:
        """By worth, then by the size of the edit."""
        return self.worth, self.cost


class SyntaxRepair:
    """Brackets, strings, indentation, conflict markers, Python 2."""

    info = StrategyInfo(
        "syntax_repair",
        "a test file that does not parse: brackets, indentation, conflict markers, Python 2 leftovers",
        "tolerant parse, smallest edit that parses, collects and passes",
        available=True,
    )

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """The smallest edits that parse and let no test vanish; what stood so at base comes first."""
        if case.failure.phase != COLLECT or not case.failure.is_a("SyntaxError"):
            return
        file, _ = case.test_frames()[0]
        text = case.texts.get(file)
        fault = fault_in(text) if text is not None else None
        if text is None or fault is None:
            return
        base = change.project.base
        before = base.text(file) if base else None
        found = _candidates(file, text, before, change)
        said = f"{file}:{fault.line} does not parse ({fault.message})"
        for number, candidate in enumerate(found[:_MOST_PROPOSALS]):
            has_rivals = number > 0 or any(_rivals(candidate, other) for other in found[1:])
            evidence = tuple(_evidence(candidate, said, text, has_rivals, before is not None))
            yield Proposal(self.info.id, (ReplaceText(text, candidate.text),), evidence)


def _candidates(file: str, text: str, before: str | None, change: ProductChange) -> list[_Candidate]:
    """What parses, the likeliest first."""
    written = {found["name"] for found in _TEST.finditer(text)}
    stood = Counter((before or "").splitlines())
    at_base = Contents.of(before).functions if before and not fault_in(before) else frozenset()
    found = []
    for repair, note, made in _repairs(text, before, change):
        contents = Contents.of(repair.text)
        same = bool(made) and all(line.rstrip("\r\n") in stood for line in made)
        lost = len(written - contents.functions) + len(at_base - contents.functions)
        # Both sides of a conflict check twice what one of them checks rightly.
        checks = 0 if has_conflicts(text) else contents.checks
        lines = Counter(repair.text.splitlines())
        unlike = ((stood - lines) + (lines - stood)).total() if before is not None else 0
        found.append(
            _Candidate(repair.text, repair.cost, note, lost, contents.strangers, checks, unlike, same)
        )
    best = sorted(found, key=lambda candidate: candidate.rank)[:_MOST_REVIEWED]
    if before is not None:
        best = [replace(one, objections=len(check_file(file, before, one.text))) for one in best]
    return sorted(best, key=lambda candidate: candidate.rank)


def _repairs(
    text: str, before: str | None, change: ProductChange
) -> Iterator[tuple[Repair, Evidence | None, list[str]]]:
    """Repairs, what is to be said of each, and the lines that it makes or keeps."""
    if not has_conflicts(text):
        for repair in repairs(text, before):
            yield repair, _PYTHON_2 if repair.is_python2 else None, _made(text, repair.text)
        return
    for rank, resolution in enumerate(resolutions(text, change.vocabulary.weight)):
        known = resolution.side == "each" and resolution.margin > 0
        kind = EvidenceKind.CALL_SITES_CHANGED if known else EvidenceKind.ONLY_CANDIDATE
        note = Evidence(kind, _TAKEN["each" if known else resolution.side])
        for repair in repairs(resolution.text, before):
            made = [*resolution.kept, *_made(resolution.text, repair.text)]
            yield Repair(repair.text, repair.cost + 0.3 * rank), note, made


def _made(old: str, new: str) -> list[str]:
    return [line for edit in line_edits("", old, new) for line in edit.lines]


_TAKEN = {
    "each": "Of each merge conflict it keeps the side that speaks of the product as it is at head.",
    "ours": "Of each merge conflict it keeps the first side.",
    "theirs": "Of each merge conflict it keeps the second side.",
    "both": "Of each merge conflict it keeps both sides.",
}
_PYTHON_2 = Evidence(
    EvidenceKind.LANGUAGE_FACT, "It is written in Python 2; the edit says the same in Python 3."
)


def _rivals(one: _Candidate, other: _Candidate) -> bool:
    return one.worth == other.worth and other.cost < one.cost + _MARGIN


def _evidence(
    candidate: _Candidate, said: str, text: str, has_rivals: bool, has_base: bool
) -> Iterator[Evidence]:
    made = _made(text, candidate.text)
    shown = made[-1].strip()[:120] if made else ""
    does = f"makes it `{shown}`" if shown else "takes lines away"
    yield Evidence(EvidenceKind.SMALLEST_EDIT, f"{said}; the smallest edit that does {does}.")
    if candidate.note is not None:
        yield candidate.note
    if candidate.as_at_base:
        yield Evidence(EvidenceKind.AS_AT_BASE, "Each line that the edit makes or keeps stands so at base.")
    if has_base and not candidate.objections and not candidate.lost:
        yield Evidence(EvidenceKind.SAME_TESTS, "Every test and check of the file at base is there again.")
    if has_rivals and not candidate.as_at_base:
        yield Evidence(EvidenceKind.RIVAL_CANDIDATE, "Another edit of about the same size parses too.")
