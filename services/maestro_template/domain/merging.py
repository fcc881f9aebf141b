"""Three folders as one: what was rendered, what a person made of it, and what would be rendered now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from maestro_template.domain.model import File, Folder
from maestro_template.domain.texts import text_of


@dataclass(frozen=True, slots=True)
class Contested:
    """A file that both sides changed, each in its own way. None stands for a file that is not there.

    `ours` is always there: a file that somebody deleted stays deleted, whatever the template does with it.
    """

    path: str
    base: File | None
    ours: File
    theirs: File | None

    @property
    def is_text(self) -> bool:
        """Whether its lines can be merged."""
        sides = (self.base, self.ours, self.theirs)
        return all(side is None or text_of(side.content) is not None for side in sides)

    @property
    def executable(self) -> bool:
        """The bit as the side has it that changed it."""
        base = self.base.executable if self.base else self.ours.executable
        theirs = self.theirs.executable if self.theirs else base
        return theirs if self.ours.executable == base else self.ours.executable


@dataclass(slots=True)
class Merge:
    """What a merge came to so far: the files of which nobody doubts what they are, and the others."""

    files: dict[str, File] = field(default_factory=dict)
    contested: list[Contested] = field(default_factory=list)


def merge(base: Folder, ours: Folder, theirs: Folder) -> Merge:
    """Take each file from the side that changed it."""
    result = Merge()
    for path in sorted(base.keys() | ours.keys() | theirs.keys()):
        before, mine, new = base.get(path), ours.get(path), theirs.get(path)
        if mine is None:
            if before is None and new is not None:
                result.files[path] = new
        elif new in (before, mine):
            result.files[path] = mine
        elif mine == before:
            if new is not None:
                result.files[path] = new
        else:
            result.contested.append(Contested(path, before, mine, new))
    return result


def with_markers(ours: File, theirs: File | None, version: str) -> File:
    """Both sides of a file one after the other, between the markers that git uses."""
    new = theirs.content if theirs else b""
    gone = "" if theirs else " (deleted)"
    lines = [b"<<<<<<< yours\n", _ended(ours.content), b"=======\n", _ended(new)]
    return File(b"".join(lines) + f">>>>>>> template {version}{gone}\n".encode(), ours.executable)


def only(folder: Folder, paths: Iterable[str]) -> Mapping[str, File]:
    """A part of a folder."""
    return {path: folder[path] for path in paths if path in folder}


def _ended(content: bytes) -> bytes:
    return content if not content or content.endswith(b"\n") else content + b"\n"
