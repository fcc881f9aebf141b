"""Edits by line against a file's first text, and the patches made of them."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from maestro_healing.domain.model import LineEdit

_CONTEXT = 3


def line_edits(path: str, old: str, new: str) -> tuple[LineEdit, ...]:
    """The smallest line edits that turn `old` into `new`."""
    before, after = split_lines(old), split_lines(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        LineEdit(path, start, stop, tuple(after[first:last]))
        for tag, start, stop, first, last in matcher.get_opcodes()
        if tag != "equal"
    )


def apply_edits(original: str, edits: Iterable[LineEdit]) -> str:
    """The text with the edits in it; they must not overlap, the same one given twice counts once."""
    lines = split_lines(original)
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.stop), reverse=True):
        lines[edit.start : edit.stop] = edit.lines
    return "".join(lines)


def unified_patch(originals: Mapping[str, str], edits: Iterable[LineEdit]) -> str:
    """A patch of all the edits that `git apply` takes, files in order of their names.

    They must not overlap; the same one given twice counts once.
    """
    by_path: dict[str, set[LineEdit]] = defaultdict(set)
    for edit in edits:
        by_path[edit.path].add(edit)
    return "".join(_of_file(path, originals[path], found) for path, found in sorted(by_path.items()))


def _of_file(path: str, original: str, edits: Iterable[LineEdit]) -> str:
    lines = split_lines(original)
    real = [edit for edit in edits if tuple(lines[edit.start : edit.stop]) != edit.lines]
    if not real:
        return ""
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return head + "".join(_hunks(lines, sorted(real, key=lambda edit: (edit.start, edit.stop))))


def _hunks(lines: Sequence[str], edits: Sequence[LineEdit]) -> Iterator[str]:
    """Made of the edits, not of two texts: what differs is known, and to find it again takes long."""
    grown = 0
    for group in _near(edits):
        first, last = max(group[0].start - _CONTEXT, 0), min(group[-1].stop + _CONTEXT, len(lines))
        body: list[str] = []
        done = first
        for edit in group:
            body += [f" {line}" for line in lines[done : edit.start]]
            body += [f"-{line}" for line in lines[edit.start : edit.stop]]
            body += [f"+{line}" for line in edit.lines]
            done = edit.stop
        body += [f" {line}" for line in lines[done:last]]
        more = sum(len(edit.lines) - (edit.stop - edit.start) for edit in group)
        yield f"@@ -{_range(first, last)} +{_range(first + grown, last + grown + more)} @@\n"
        yield from (
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in body
        )
        grown += more


def _near(edits: Sequence[LineEdit]) -> list[list[LineEdit]]:
    """Edits that share a hunk, for the lines around them touch."""
    groups: list[list[LineEdit]] = []
    for edit in edits:
        if groups and edit.start - groups[-1][-1].stop <= 2 * _CONTEXT:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _range(first: int, last: int) -> str:
    """As git writes it: counted from 1, or the line before where there is none."""
    if last - first == 1:
        return str(last)
    return f"{first + 1 if last > first else first},{last - first}"


def split_lines(text: str) -> list[str]:
    """Lines with their ends, at line feeds alone as git counts them."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
