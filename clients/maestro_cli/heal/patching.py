"""Unified diffs, applied exactly: what a hunk expects must stand where it says."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from maestro_cli.failure import CliError

# No line of a hunk starts like this: each starts with a mark.
_FILE = re.compile(r"^diff --git a/(?P<path>.+) b/(?P=path)\n", re.MULTILINE)
_HUNK = re.compile(r"@@ -(?P<start>\d+)(?:,(?P<old>\d+))? \+(?P<after>\d+)(?:,(?P<new>\d+))? @@")
_BACKWARDS = {"+": "-", "-": "+"}


@dataclass
class _Hunk:
    """Lines of a hunk, each with its mark; it begins at line `start` of the old text and `after` of the new
    one, counted from 0.
    """

    start: int
    after: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """As it stands in a patch."""
        old, new = (sum(line[0] != mark for line in self.lines) for mark in "+-")
        lines = [
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in self.lines
        ]
        return "".join([f"@@ -{self.start + bool(old)},{old} +{self.after + bool(new)},{new} @@\n", *lines])

    def backwards(self) -> _Hunk:
        """The hunk that takes this one back."""
        lines = [_BACKWARDS.get(line[0], " ") + line[1:] for line in self.lines]
        return _Hunk(self.after, self.start, lines)


def changed(patch: str, read: Callable[[str], bytes], delivered: str = "") -> dict[str, bytes]:
    """New content of each file that a patch changes; `read` gives the old one.

    `delivered` is an earlier patch for the same files: it is taken back where it stands in them.
    Raises CliError where a file is not what the patch was made for.
    """
    before, after = dict(_files(delivered)), dict(_files(patch))
    contents = {path: _without(path, before.get(path, []), read(path)) for path in before | after}
    return {path: _patched(path, after.get(path, []), content) for path, content in contents.items()}


def encoded(patch: str, read: Callable[[str], bytes]) -> bytes:
    """A patch's bytes as `git apply` takes them: each file's lines in that file's own encoding."""
    found = list(_FILE.finditer(patch))
    ends = [*(one.start() for one in found[1:]), len(patch)]
    parts = []
    for one, end in zip(found, ends, strict=True):
        names, hunk, lines = patch[one.start() : end].partition("\n@@")
        parts.append(f"{names}{hunk}".encode() + lines.encode(_encoding(read(one["path"]))))
    return b"".join(parts)


def merged(diffs: Iterable[str]) -> str:
    """One diff of several that edit the same texts, each hunk once, for a reader."""
    found: dict[str, dict[tuple[int, tuple[str, ...]], _Hunk]] = {}
    for diff in diffs:
        for path, hunks in _files(diff):
            known = found.setdefault(path, {})
            known.update({(hunk.start, tuple(hunk.lines)): hunk for hunk in hunks})
    parts = []
    for path, known in found.items():
        parts.append(f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n")
        parts += [known[key].text for key in sorted(known)]
    return "".join(parts)


def paths(patch: str) -> list[str]:
    """The files that a patch changes."""
    return [path for path, _ in _files(patch)]


def _files(patch: str) -> Iterator[tuple[str, list[_Hunk]]]:
    _, *parts = _FILE.split(patch)
    for path, body in zip(parts[::2], parts[1::2], strict=True):
        yield path, list(_hunks(body))


def _hunks(text: str) -> Iterator[_Hunk]:
    lines = iter(text.split("\n"))
    hunk, old, new = _Hunk(0, 0), 0, 0
    for line in lines:
        if line.startswith("\\"):  # the line before has no newline at its end
            hunk.lines[-1] = hunk.lines[-1].removesuffix("\n")
        elif old or new:
            hunk.lines.append(f"{line or ' '}\n")
            old -= line[:1] != "+"
            new -= line[:1] != "-"
        elif header := _HUNK.match(line):
            old, new = int(header["old"] or 1), int(header["new"] or 1)
            hunk = _Hunk(int(header["start"]) - bool(old), int(header["after"]) - bool(new))
            yield hunk


def _without(path: str, hunks: list[_Hunk], content: bytes) -> bytes:
    """The content from before a patch, where that stands in it."""
    try:
        return _patched(path, [hunk.backwards() for hunk in hunks], content)
    except CliError:
        return content


def _patched(path: str, hunks: list[_Hunk], content: bytes) -> bytes:
    # A patch is text; the file is in the encoding that it names.
    encoding = _encoding(content)
    old = content.decode(encoding).split("\n")
    before = [f"{line}\n" for line in old[:-1]] + ([old[-1]] if old[-1] else [])
    after: list[str] = []
    position = 0
    for hunk in hunks:
        after += before[position : hunk.start]
        expected = [line[1:] for line in hunk.lines if line[0] != "+"]
        position = hunk.start + len(expected)
        if before[hunk.start : position] != expected:
            raise CliError(f"{path} is not the file that was healed.", "Heal again.")
        after += [line[1:] for line in hunk.lines if line[0] != "-"]
    return "".join(after + before[position:]).encode(encoding)


def _encoding(content: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except SyntaxError:
        return "utf-8"
