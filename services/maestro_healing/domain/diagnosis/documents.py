"""What changelogs, readme and documentation at head say about a change."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from maestro_healing.domain.sources import FolderTree

_REMOVAL = re.compile(r"\b(remov|drop|delet|no longer|gone|replac|renam|moved?\b|deprecat)", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A sentence in a document, or a docstring, that was not there at base."""

    file: str
    line: int
    text: str


class Documents:
    """Paragraphs of the head's documents that are new since base."""

    def __init__(self, head: FolderTree, base: FolderTree | None) -> None:
        self._head = head
        self._base = base

    @cached_property
    def _new(self) -> tuple[Mention, ...]:
        return tuple(self._paragraphs())

    def _paragraphs(self) -> Iterator[Mention]:
        for path in self._head.documents:
            before = self._base.text(path) if self._base else None
            known = set((before or "").splitlines())
            block: list[str] = []
            start = 0
            for number, line in enumerate((self._head.text(path) or "").splitlines(), 1):
                if line.strip() and line not in known and not line.lstrip().startswith(("-", "*", "#")):
                    start = start if block else number
                    block.append(line.strip())
                    continue
                if block:
                    yield Mention(path, start, " ".join(block))
                block = [line.strip()] if line.strip() and line not in known else []
                start = number
            if block:
                yield Mention(path, start, " ".join(block))

    def naming(self, old: str, new: str, *beside: str) -> Mention | None:
        """A new paragraph that names the old, the new, and one of those beside where there are any."""
        both = (m for m in self._new if _names(m.text, old) and _names(m.text, new))
        fitting = (m for m in both if not beside or any(_names(m.text, name) for name in beside))
        return next(fitting, None)

    def removing(self, name: str) -> Mention | None:
        """A new paragraph that says that something went away, or was replaced."""
        return next((m for m in self._new if _names(m.text, name) and _REMOVAL.search(m.text)), None)

    def mentioning(self, name: str) -> Mention | None:
        """A new paragraph that names it at all."""
        return next((m for m in self._new if _names(m.text, name)), None)


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
