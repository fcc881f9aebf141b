"""What changed between two folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum

from maestro_template.domain.model import File, Folder
from maestro_template.domain.texts import text_of


class Change(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file. `patch` is a unified diff, empty for a binary file or where only the mode changed."""

    path: str
    change: Change
    patch: str
    binary: bool = False


def diff(old: Folder, new: Folder) -> Iterator[FileChange]:
    """The files that differ, by path."""
    for path in sorted(old.keys() | new.keys()):
        before, after = old.get(path), new.get(path)
        if before == after:
            continue
        change = Change.ADDED if before is None else Change.REMOVED if after is None else Change.MODIFIED
        patch = _patch(path, before, after)
        yield FileChange(path, change, patch or "", binary=patch is None)


def _patch(path: str, before: File | None, after: File | None) -> str | None:
    texts = [_text(before), _text(after)]
    if None in texts:
        return None
    old, new = ((text or "").splitlines(keepends=True) for text in texts)
    lines = unified_diff(
        old,
        new,
        f"a/{path}" if before else "/dev/null",
        f"b/{path}" if after else "/dev/null",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _text(file: File | None) -> str | None:
    if file is None:
        return ""
    return text_of(file.content)
