"""Unified diffs, applied exactly: what a hunk expects must stand where it says."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable, Iterator

import pygit2

from maestro_cli.failure import CliError


def changed(patch: str, read: Callable[[str], bytes]) -> dict[str, bytes]:
    """New content of each file that a patch changes; `read` gives the old one.

    Raises CliError where a file is not what the patch was made for.
    """
    return {
        delta.delta.new_file.path: _patched(delta, read(delta.delta.old_file.path)) for delta in _parts(patch)
    }


def paths(patch: str) -> list[str]:
    """The files that a patch changes."""
    return [part.delta.new_file.path for part in _parts(patch)]


def _parts(patch: str) -> Iterator[pygit2.Patch]:
    if patch:
        for part in pygit2.Diff.parse_diff(patch):
            if part is not None:
                yield part


def _patched(part: pygit2.Patch, old: bytes) -> bytes:
    encoding = _encoding(old)
    before = old.splitlines(keepends=True)
    after: list[bytes] = []
    position = 0
    for hunk in part.hunks:
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        after += before[position:start]
        position = start
        for line in hunk.lines:
            # A patch is UTF-8; the file is in the encoding that it names.
            content = line.raw_content.decode().encode(encoding)
            if line.origin in " -":
                if position >= len(before) or before[position].rstrip(b"\n") != content.rstrip(b"\n"):
                    path = part.delta.old_file.path
                    raise CliError(f"{path} is not the file that was healed.", "Heal again.")
                content = before[position]
                position += 1
            if line.origin in " +":
                after.append(content)
            if line.origin == ">":  # the new text has no newline at its end
                after[-1] = after[-1].rstrip(b"\n")
    return b"".join(after + before[position:])


def _encoding(content: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except SyntaxError:
        return "utf-8"
