"""Files whose old text did not parse: compared by what stands in their lines."""

import re
from collections.abc import Iterator

from maestro_healing.domain.guard.model import FileChange, Finding, Kind

_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)", re.MULTILINE)
_CHECK = re.compile(
    r"^[ \t]*(?:assert\b|(?:with\s+)?(?:self|pytest|np\.testing)\.(?:assert|raises|warns|fail)\w*"
    r"|\w+\.assert_\w+)",
    re.MULTILINE,
)
_SKIP = re.compile(r"\b(?:pytest\.(?:mark\.)?(?:skip|xfail)\w*|unittest\.skip\w*|expectedFailure)\b")

_MARKS = {"<<<<<<<": "ours", "|||||||": "base", "=======": "theirs", ">>>>>>>": ""}


def find(change: FileChange) -> Iterator[Finding]:
    """Tests that are gone, tests with fewer checks than before, and skips that were added."""
    before, after = _least(change.old or ""), _parts(change.new or "")
    for name, (line, text) in before.items():
        test = f"{change.path}::{name}"
        if name not in after:
            yield Finding(change.path, line, Kind.TEST_DELETED, f"`{name}` is gone", test)
            continue
        new_line, new = after[name]
        lost = len(_CHECK.findall(text)) - len(_CHECK.findall(new))
        if lost > 0:
            yield Finding(
                change.path, new_line, Kind.ASSERTION_DELETED, f"`{name}` has {lost} checks fewer", test
            )
        if len(_SKIP.findall(new)) > len(_SKIP.findall(text)):
            yield Finding(change.path, new_line, Kind.SKIP_ADDED, f"`{name}` may be skipped now", test)


def _least(text: str) -> dict[str, tuple[int, str]]:
    """The tests of a text; of one that both sides of a merge conflict hold, that with fewer checks."""
    ours, theirs = (_parts(_side(text, side)) for side in ("ours", "theirs"))
    for name, (line, part) in ours.items():
        if name not in theirs or len(_CHECK.findall(part)) < len(_CHECK.findall(theirs[name][1])):
            theirs[name] = line, part
    return theirs


def _side(text: str, wanted: str) -> str:
    """The text as one side of its merge conflicts has it."""
    kept, side = [], ""
    for line in text.splitlines(keepends=True):
        mark = line[:7]
        if mark == "<<<<<<<" or (side and mark in _MARKS):
            side = _MARKS[mark]
        elif side in ("", wanted):
            kept.append(line)
    return "".join(kept)


def _parts(text: str) -> dict[str, tuple[int, str]]:
    """Each test's line and the text from its head to the next test's."""
    heads = list(_TEST.finditer(text))
    ends = [*(h.start() for h in heads[1:]), len(text)]
    return {
        head[1]: (text.count("\n", 0, head.start(1)) + 1, text[head.start() : end])
        for head, end in zip(heads, ends, strict=False)
    }
