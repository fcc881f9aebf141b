"""Edits by line against a file's first text, and the patches made of them."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping

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
    """A patch of all the edits that `git apply` takes, files in order of their names."""
    by_path: dict[str, list[LineEdit]] = defaultdict(list)
    for edit in edits:
        by_path[edit.path].append(edit)
    return "".join(
        unified_diff(path, originals[path], apply_edits(originals[path], found))
        for path, found in sorted(by_path.items())
    )


def unified_diff(path: str, old: str, new: str) -> str:
    """The change of one file as git writes it; empty where there is none."""
    if old == new:
        return ""
    body: list[str] = [f"diff --git a/{path} b/{path}\n"]
    for line in difflib.unified_diff(
        split_lines(old), split_lines(new), f"a/{path}", f"b/{path}", n=_CONTEXT
    ):
        body.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(body)


def split_lines(text: str) -> list[str]:
    """Lines with their ends, at line feeds alone as git counts them."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
