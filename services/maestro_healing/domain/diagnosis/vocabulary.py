"""The words of the product's code: which came and which went."""

import re
from functools import cached_property

from maestro_healing.domain.sources import FolderTree

_WORD = re.compile(r"\w+(?:\.\d+)?")


class Vocabulary:
    """Names, numbers and words that the product's sources gained and lost since base."""

    def __init__(self, head: FolderTree, base: FolderTree | None) -> None:
        self._head = head
        self._base = base or head

    @cached_property
    def _changed(self) -> tuple[frozenset[str], frozenset[str]]:
        head, base = _words(self._head), _words(self._base)
        return head - base, base - head

    def weight(self, text: str) -> float:
        """How much a text speaks of the product as it is at head rather than as it was at base."""
        fresh, stale = self._changed
        said = set(_WORD.findall(text))
        return float(len(said & fresh) - len(said & stale))


def _words(tree: FolderTree) -> frozenset[str]:
    return frozenset(word for path in tree.product for word in _WORD.findall(tree.text(path) or ""))
