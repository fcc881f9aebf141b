"""How the product's own lines changed between base and head: which name was put in the place of which."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from maestro_healing.domain.sources import FolderTree

_TOKEN = re.compile(r"\w+|[^\w\s]")
_LEAST_ALIKE = 0.5


@dataclass(frozen=True)
class Place:
    """A line at head in which the product made the same change."""

    file: str
    line: int
    text: str


def substitutions(base: FolderTree, head: FolderTree) -> Mapping[tuple[str, str], list[Place]]:
    """Each pair (old name, new name) that the product's lines show, with the places."""
    found: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for path in set(base.product) & set(head.product):
        old, new = base.text(path), head.text(path)
        if old is None or new is None or old == new:
            continue
        for before, after, line in paired_lines(old.splitlines(), new.splitlines()):
            for pair in _swapped_names(before, after):
                found[pair].append(Place(path, line, after.strip()))
    return found


def paired_lines(old: list[str], new: list[str]) -> Iterator[tuple[str, str, int]]:
    """Lines that stand in the place of others, with their numbers (from 1) in the new text."""
    for tag, start, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace":
            for before, (number, after) in _match(
                old[start:stop], list(enumerate(new[first:last], first + 1))
            ):
                yield before, after, number


def _match(old: list[str], new: list[tuple[int, str]]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Pairs the lines of a replaced block in their order where they are alike."""
    rest = new
    for before in old:
        for position, (number, after) in enumerate(rest):
            if SequenceMatcher(None, before.strip(), after.strip()).ratio() >= _LEAST_ALIKE:
                yield before, (number, after)
                rest = rest[position + 1 :]
                break


def _swapped_names(before: str, after: str) -> Iterator[tuple[str, str]]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    for tag, start, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace" and stop - start == last - first:
            for one, other in zip(old[start:stop], new[first:last], strict=True):
                if one.isidentifier() and other.isidentifier():
                    yield one, other
