"""How one text became another, and whether a template of the product made either."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from maestro_healing.domain.diagnosis.constants import FIELD, QUOTED_FIELD

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_FIELDS = re.compile(f"([{FIELD}{QUOTED_FIELD}])")
_WORD = r"\S+"
_QUOTED = r"""(?:'[^'\n]*'|"[^"\n]*"|\S+)"""
_LEAST_FIXED = 3


@dataclass(frozen=True)
class Region:
    """A stretch that differs, as it stands in the old text and in the new one, with where it begins."""

    old: str
    new: str
    old_start: int
    new_start: int


def regions(old: str, new: str) -> list[Region]:
    """Where two texts differ, word by word."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    starts = [_offsets(tokens) for tokens in (before, after)]
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [
        Region("".join(before[i:j]), "".join(after[k:m]), starts[0][i], starts[1][k])
        for tag, i, j, k, m in opcodes
        if tag != "equal"
    ]


def _offsets(tokens: Sequence[str]) -> list[int]:
    found = [0]
    for token in tokens:
        found.append(found[-1] + len(token))
    return found


def spans(template: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a template with fields may have made a part of the text; nowhere where it says too little."""
    fixed = _FIELDS.sub("", template)
    if len(re.findall(r"\w", fixed)) < _LEAST_FIXED and template != text:
        return
    parts = _FIELDS.split(template)
    pattern = "".join(_pattern(part, 0 < at < len(parts) - 2) for at, part in enumerate(parts))
    for found in re.finditer(pattern, text, re.DOTALL):
        yield found.span()


def _pattern(part: str, is_inner: bool) -> str:
    if part == FIELD:
        return ".*?" if is_inner else _WORD
    return _QUOTED if part == QUOTED_FIELD else re.escape(part)


def touches(start: int, length: int, found: Sequence[tuple[int, int]]) -> bool:
    """Whether a stretch lies in one of the spans, or at its edge where it is empty."""
    return any(first < start + length and start < last for first, last in found) or (
        length == 0 and any(first <= start <= last for first, last in found)
    )
