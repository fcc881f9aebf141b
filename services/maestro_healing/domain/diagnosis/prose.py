"""Lines of documents, docstrings and tests that are other at head than at base."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from maestro_healing.domain.diagnosis.cochange import paired_lines
from maestro_healing.domain.diagnosis.documents import Mention
from maestro_healing.domain.diagnosis.wording import regions
from maestro_healing.domain.sources import FolderTree

Lines = dict[str, list[tuple[int, str]]]


class Prose:
    """Texts by file at both revisions, each as numbered lines."""

    def __init__(self, base: Lines, head: Lines) -> None:
        self._base = base
        self._head = head

    @classmethod
    def of_documents(cls, head: FolderTree, base: FolderTree | None) -> "Prose":
        """Changelogs, readme, documentation, and the docstrings of the product."""
        return cls(_documents(base) if base else {}, _documents(head))

    @classmethod
    def of_tests(cls, head: FolderTree, base: FolderTree | None) -> "Prose":
        """The tests' sources."""
        return cls(_tests(base) if base else {}, _tests(head) if base else {})

    @cached_property
    def _swaps(self) -> Sequence[tuple[Mention, frozenset[tuple[str, str]]]]:
        found = []
        for path, lines in self._head.items():
            before = self._base.get(path, [])
            if before and before != lines:
                pairs = paired_lines([text for _, text in before], [text for _, text in lines])
                for old, new, place in pairs:
                    different = frozenset((region.old, region.new) for region in regions(old, new))
                    found.append((Mention(path, lines[place - 1][0], new.strip()), different))
        return found

    def swapping(self, differences: Iterable[tuple[str, str]]) -> Mention | None:
        """A line that differs from the one that it came for in all of these ways."""
        wanted = {pair for pair in differences if "".join(pair).strip()}
        return next((m for m, found in self._swaps if wanted <= found), None) if wanted else None

    def quoting(self, text: str) -> Mention | None:
        """A paragraph that quotes a text word for word, where none did at base."""
        wanted = _folded(text)
        if any(wanted in _folded(_joined(lines)) for lines in self._base.values()):
            return None
        for path, lines in self._head.items():
            if wanted in _folded(_joined(lines)):
                number, line = _line_of(wanted, lines)
                return Mention(path, number, line.strip())
        return None


def _joined(lines: Iterable[tuple[int, str]]) -> str:
    return " ".join(line for _, line in lines)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _line_of(wanted: str, lines: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """The line at which a quotation ends that the lines hold."""
    seen = ""
    for number, line in lines:
        seen = _folded(f"{seen} {line}")
        if wanted in seen:
            return number, line
    return lines[0]


def _documents(tree: FolderTree) -> Lines:
    found = {path: _numbered(tree.text(path) or "") for path in tree.documents}
    return found | {path: list(_docstrings(tree.text(path) or "")) for path in tree.product}


def _tests(tree: FolderTree) -> Lines:
    return {path: _numbered(tree.text(path) or "") for path in tree.tests}


def _numbered(text: str) -> list[tuple[int, str]]:
    return list(enumerate(text.splitlines(), 1))


def _docstrings(text: str) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str() as doc)):
                yield from enumerate(doc.splitlines(), node.lineno)
