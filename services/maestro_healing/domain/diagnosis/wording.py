"""How one text became another, and whether a template of the product made either."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from maestro_healing.domain.diagnosis.constants import FIELD, QUOTED_FIELD

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_FIELDS = re.compile(f"([{FIELD}{QUOTED_FIELD}])")
_QUOTED = r"""('[^'\n]*'|"[^"\n]*"|\S+)"""
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


@dataclass(frozen=True)
class Made:
    """A part of a text that a template may have made, and what then stood in its fields."""

    start: int
    end: int
    fields: tuple[str, ...]

    def touches(self, start: int, length: int) -> bool:
        """Whether a stretch overlaps it; an empty one may lie at its edge."""
        if length == 0:
            return self.start <= start <= self.end
        return self.start < start + length and start < self.end


def made_by(template: str, text: str) -> Iterator[Made]:
    """Where a template with fields may have made a part of a text; nowhere where it says too little."""
    fixed = _FIELDS.sub("", template)
    if len(re.findall(r"\w", fixed)) < _LEAST_FIXED and template != text:
        return
    parts = _FIELDS.split(template)
    pattern = "".join(_pattern(parts, at) for at in range(len(parts)))
    for found in re.finditer(pattern, text):
        yield Made(*found.span(), found.groups())


def _pattern(parts: Sequence[str], at: int) -> str:
    """A field between fixed texts holds anything in its line; one at an end holds a word."""
    if parts[at] not in (FIELD, QUOTED_FIELD):
        return re.escape(parts[at])
    if parts[at] == QUOTED_FIELD:
        return _QUOTED
    is_inner = any(parts[:at]) and any(parts[at + 1 :])
    return r"([^\n]*?)" if is_inner else r"(\S+)"


def count_letters(text: str) -> int:
    """How many letters it has."""
    return sum(character.isalpha() for character in text)


def count_digits(text: str) -> int:
    """How many digits it has."""
    return sum(character.isdigit() for character in text)


def unquoted(text: str) -> str:
    """A text without quotes, which a field may have around its value or not."""
    return re.sub(r"['\"]", "", text)
