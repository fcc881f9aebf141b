"""Lines of the product that both revisions share: a mutant of one can be made on the other as well."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from maestro_healing.domain.sources import FolderTree

# So many lines in a row tell code that moved from lines that happen to be alike.
_LEAST_MOVED = 4
# This share of its lines tells a file that was renamed.
_LEAST_ALIKE = 0.5

_Texts = Mapping[str, list[str]]


@dataclass(frozen=True)
class Place:
    """A span of text and what stands there in a mutant; lines count from 1, columns in UTF-8 bytes."""

    path: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass(frozen=True)
class _Block:
    """Lines that are the same: `length` of them from `old` in one file, from `new` in another."""

    old_path: str
    old: int
    new_path: str
    new: int
    length: int


class CommonLines:
    """Which line of the new product is which one of the old."""

    def __init__(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        """Both map paths to texts."""
        before = {path: _lines(text) for path, text in old.items()}
        after = {path: _lines(text) for path, text in new.items()}
        blocks = [block for pair in _files(before, after) for block in _same(*pair, before, after)]
        self._blocks: dict[str, list[_Block]] = defaultdict(list)
        for block in [*blocks, *_moved(before, after, blocks)]:
            self._blocks[block.old_path].append(block)

    @classmethod
    def of(cls, old: FolderTree, new: FolderTree) -> CommonLines:
        """Those of two revisions of a project."""
        return cls(_product(old), _product(new))

    @property
    def ranges(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """First and last line of each shared part of the old product, by file."""
        return {
            path: [(block.old, block.old + block.length - 1) for block in blocks]
            for path, blocks in self._blocks.items()
        }

    @property
    def old_paths(self) -> Sequence[str]:
        """Files of the old product that share lines with the new one."""
        return sorted(self._blocks)

    def moved(self, place: Place) -> Place | None:
        """The same place in the new product; None where the lines are not the same."""
        for block in self._blocks.get(place.path, ()):
            if block.old <= place.start[0] and place.end[0] < block.old + block.length:
                return _shifted(place, block.new_path, block.new - block.old)
        return None

    def moved_back(self, place: Place) -> Place:
        """The place in the old product that `moved` gave this one for."""
        for block in (b for blocks in self._blocks.values() for b in blocks if b.new_path == place.path):
            if block.new <= place.start[0] and place.end[0] < block.new + block.length:
                return _shifted(place, block.old_path, block.old - block.new)
        raise ValueError(f"{place} came from nowhere")


def _shifted(place: Place, path: str, by: int) -> Place:
    return Place(path, (place.start[0] + by, place.start[1]), (place.end[0] + by, place.end[1]), place.text)


def _lines(text: str) -> list[str]:
    """As Python counts them: the line ends of all systems are one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _product(tree: FolderTree) -> dict[str, str]:
    return {path: text for path in tree.product if (text := tree.text(path)) is not None}


def _files(before: _Texts, after: _Texts) -> Iterator[tuple[str, str]]:
    """Files that are on both sides, and those that go by another name now."""
    yield from ((path, path) for path in sorted(before.keys() & after.keys()))
    arrived = {path: set(after[path]) for path in sorted(after.keys() - before.keys())}
    for path in sorted(before.keys() - after.keys()):
        lines = set(before[path])
        # where a folder was renamed there are many: the file's own name is kept then
        likely = [other for other in arrived if PurePosixPath(other).name == PurePosixPath(path).name]
        shared = {other: len(lines & arrived[other]) for other in likely or arrived}
        best = max(shared, key=shared.__getitem__, default=None)
        if best is not None and shared[best] >= _LEAST_ALIKE * len(lines):
            del arrived[best]
            yield path, best


def _same(old_path: str, new_path: str, before: _Texts, after: _Texts) -> Iterator[_Block]:
    old, new = before[old_path], after[new_path]
    if old == new:
        yield _Block(old_path, 1, new_path, 1, len(old))
        return
    for first, second, length in difflib.SequenceMatcher(None, old, new).get_matching_blocks():
        if length:
            yield _Block(old_path, first + 1, new_path, second + 1, length)


def _moved(before: _Texts, after: _Texts, blocks: Sequence[_Block]) -> Iterator[_Block]:
    """Runs of lines that turn up elsewhere, each only once."""
    taken_old = {(b.old_path, b.old + i) for b in blocks for i in range(b.length)}
    taken_new = {(b.new_path, b.new + i) for b in blocks for i in range(b.length)}
    found: dict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for path, number in _free(after, taken_new):
        found[tuple(after[path][number - 1 : number - 1 + _LEAST_MOVED])].append((path, number))
    for path, number in _free(before, taken_old):
        if (path, number) in taken_old:
            continue
        window = tuple(before[path][number - 1 : number - 1 + _LEAST_MOVED])
        if len(found.get(window, ())) != 1 or sum(bool(line.strip()) for line in window) < _LEAST_MOVED - 1:
            continue
        new_path, new = found[window][0]
        length = 0
        while (
            number + length <= len(before[path])
            and new + length <= len(after[new_path])
            and before[path][number + length - 1] == after[new_path][new + length - 1]
            and (path, number + length) not in taken_old
        ):
            taken_old.add((path, number + length))
            length += 1
        yield _Block(path, number, new_path, new, length)


def _free(texts: _Texts, taken: set[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Where windows of lines begin that no block holds yet."""
    for path, lines in texts.items():
        for number in range(1, len(lines) - _LEAST_MOVED + 2):
            if not any((path, number + i) in taken for i in range(_LEAST_MOVED)):
                yield path, number
