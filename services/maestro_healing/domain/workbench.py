"""The test-side files while they are edited: what was done to them, for which test."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from maestro_healing.domain.changes import line_edits
from maestro_healing.domain.model import LineEdit
from maestro_healing.domain.rewrite.rule import AnyRule, InFile, rewrite_text
from maestro_healing.domain.rewrite.scope import WHOLE_FILE, Scope
from maestro_healing.domain.runs import COLLECT
from maestro_healing.domain.sources import FolderTree
from maestro_healing.domain.strategies.strategy import Case, Proposal


@dataclass(frozen=True)
class Attempt:
    """A proposal made for one test, with the part of each file that it may edit."""

    proposal: Proposal
    scopes: Mapping[str, Scope]

    @classmethod
    def of(cls, proposal: Proposal, case: Case) -> "Attempt":
        """Every function of a test-side file that the failure's traceback went through,
        where the proposal names no other places.
        """
        if proposal.scopes:
            return cls(proposal, proposal.scopes)
        lines: dict[str, list[int]] = {}
        for file, line in case.test_frames():
            lines.setdefault(file, []).append(line)
        is_whole = case.failure.phase == COLLECT or any(rule.whole_file for rule in proposal.rules)
        texts = case.texts
        scopes = {
            file: WHOLE_FILE if is_whole else Scope.of_lines(texts[file], found)
            for file, found in lines.items()
            if file in texts
        }
        return cls(proposal, scopes)


class _Originals(dict[str, str]):
    """Texts by path; a data file's is read when it is first asked for."""

    def __init__(self, tree: FolderTree, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self._tree = tree

    def __missing__(self, path: str) -> str:
        text = self._tree.text(path)
        if text is None:
            raise KeyError(path)
        return text


class Workbench:
    """Texts are always made anew from the originals, so that dropping an attempt leaves no trace."""

    def __init__(self, tree: FolderTree) -> None:
        self._tree = tree
        self._compared: dict[tuple[str, str], tuple[LineEdit, ...]] = {}
        self._rewritten: dict[tuple[str, str, AnyRule, Scope], str] = {}

    @cached_property
    def originals(self) -> Mapping[str, str]:
        """Every test-side source that can be read, before any edit; the text of any other file when asked."""
        texts = ((path, self._tree.text(path)) for path in self._tree.tests)
        return _Originals(self._tree, {path: text for path, text in texts if text is not None})

    def texts(self, attempts: Iterable[Attempt]) -> dict[str, str]:
        """New text of each file that the attempts change."""
        steps: dict[str, dict[AnyRule, Scope]] = {}
        for attempt in attempts:
            for path, scope in attempt.scopes.items():
                rules = steps.setdefault(path, {})
                for rule in attempt.proposal.rules:
                    if isinstance(rule, InFile) and rule.path != path:
                        continue
                    rules[rule] = rules.get(rule, Scope()) | scope
        changed = {path: self._rewrite(path, rules) for path, rules in steps.items()}
        return {path: text for path, text in changed.items() if text != self.originals[path]}

    def _rewrite(self, path: str, rules: Mapping[AnyRule, Scope]) -> str:
        text = self.originals[path]
        for rule, scope in rules.items():
            key = (path, text, rule, scope)
            if key not in self._rewritten:
                self._rewritten[key] = rewrite_text(text, rule, scope)
            text = self._rewritten[key]
        return text

    def overlay(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        """The texts as bytes, each in its file's encoding."""
        return {path: self._tree.encode(path, text) for path, text in texts.items()}

    def edits(self, texts: Mapping[str, str], paths: Collection[str] | None = None) -> tuple[LineEdit, ...]:
        """Line edits that make the texts out of the originals."""
        return tuple(
            edit
            for path, text in sorted(texts.items())
            if paths is None or path in paths
            for edit in self._line_edits(path, text)
        )

    def _line_edits(self, path: str, text: str) -> tuple[LineEdit, ...]:
        """Kept, for all tests that need an edit of a file ask for it."""
        if (path, text) not in self._compared:
            self._compared[path, text] = tuple(line_edits(path, self.originals[path], text))
        return self._compared[path, text]

    def edits_of(self, own: Iterable[Attempt], texts: Mapping[str, str]) -> tuple[LineEdit, ...]:
        """The edits among those of `texts` that touch what a test's own attempts touch."""
        wanted = self.edits(self.texts(own))
        paths = {edit.path for edit in wanted}
        return tuple(
            edit for edit in self.edits(texts, paths) if any(_touch(edit, other) for other in wanted)
        )


def _touch(one: LineEdit, other: LineEdit) -> bool:
    if one.path != other.path:
        return False
    return (one.start < other.stop and other.start < one.stop) or (one.start, one.stop) == (
        other.start,
        other.stop,
    )
