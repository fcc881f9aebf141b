"""Merge conflicts that were committed with their markers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest

_REGION = re.compile(
    r"^<{7}(?: [^\n]*)?\r?\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n.*?)?"
    r"^={7}\r?\n(?P<theirs>.*?)^>{7}(?: [^\n]*)?(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(?P<name>test\w*)", re.MULTILINE)
_BLOCK = re.compile(r"^[ \t]*(?:@|(?:async[ \t]+)?def[ \t]+test)", re.MULTILINE)

Weigh = Callable[[str], float]


@dataclass(frozen=True)
class Resolution:
    """A text without markers, and whose side it took: `ours`, `theirs`, `both` or `each` by its evidence.

    `margin` says by how much the evidence preferred what was taken, 0 where it is silent;
    `kept` are the lines of the conflicts that stayed.
    """

    text: str
    side: str
    margin: float
    kept: tuple[str, ...]


def has_conflicts(text: str) -> bool:
    """Whether the text holds a whole conflict."""
    return _REGION.search(text) is not None


def resolutions(text: str, weigh: Weigh) -> Iterator[Resolution]:
    """Texts without markers, the likeliest first.

    `weigh` says how much a piece of text speaks of the product as it is at head. Tests that only one side
    holds stay, whichever side is taken.
    """
    regions = list(_REGION.finditer(text))
    margin = min((abs(weigh(r["ours"]) - weigh(r["theirs"])) for r in regions if _differ(r)), default=1.0)
    seen = set()
    for side in ("each", "ours", "theirs", "both"):
        kept = [_resolved(region, side, weigh) for region in regions]
        between = [text[a:b] for a, b in pairwise([0, *(e for r in regions for e in r.span()), len(text)])][
            ::2
        ]
        resolved = "".join(part for pair in zip_longest(between, kept, fillvalue="") for part in pair)
        if resolved not in seen:
            seen.add(resolved)
            lines = tuple(line for part in kept for line in part.splitlines())
            yield Resolution(resolved, side, margin if side == "each" else 0.0, lines)


def _differ(region: re.Match[str]) -> bool:
    """Whether a choice is needed: not where each side merely adds tests of its own."""
    ours, theirs = (_tests(region[side]) for side in ("ours", "theirs"))
    return not (ours and theirs and ours.isdisjoint(theirs)) and bool(region["ours"].strip())


def _resolved(region: re.Match[str], side: str, weigh: Weigh) -> str:
    ours, theirs = region["ours"], region["theirs"]
    if side == "both":
        return ours + theirs
    if side == "each":
        side = "theirs" if weigh(theirs) > weigh(ours) else "ours"
    if side == "ours":
        return ours + "".join(_blocks_without(theirs, _tests(ours)))
    return "".join(_blocks_without(ours, _tests(theirs))) + theirs


def _tests(text: str) -> set[str]:
    return {found["name"] for found in _TEST.finditer(text)}


def _blocks_without(text: str, names: set[str]) -> Iterator[str]:
    """The tests of a side, with their decorators, that the other side lacks."""
    starts = [found.start() for found in _BLOCK.finditer(text)]
    for start, stop in pairwise([*starts, len(text)]):
        block = text[start:stop]
        found = _TEST.search(text, start)
        if found is not None and found["name"] not in names:
            yield block
