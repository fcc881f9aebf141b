"""A file that a test opens and that lies elsewhere now."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import libcst as cst

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.expression import ReplaceExpression
from maestro_healing.domain.rewrite.located import definitions
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.strategies.strategy import PROVIDING, Case, Proposal

_NAMED = re.compile(r"No such file or directory: '(?P<path>[^'\n]+)'")
_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", "build", "dist"})
_MOST_FILES = 20_000


def moved_file(case: Case, change: ProductChange) -> Iterator[Proposal]:
    """Where base has the file in its place, and head has the same content, or the same name, in one other."""
    named = _NAMED.search(case.failure.message)
    base = change.project.base
    if named is None or base is None or not case.failure.is_a("FileNotFoundError"):
        return
    old = _relative(named["path"], base.root)
    if old is None:
        return
    found = _successor(old, base.root, change.project.head.root)
    if found is None:
        return
    new, evidence = found
    files = list(dict.fromkeys(file for file, _ in case.test_frames()))
    for file in files:
        for rule in _edits(case.texts[file], old, new):
            yield Proposal(PROVIDING, (rule,), tuple(evidence), {file: WHOLE_FILE})


def _relative(path: str, root: Path) -> str | None:
    """The path below the project's root at base; the job saw another root."""
    parts = PurePosixPath(path).parts
    for first in range(len(parts)):
        below = PurePosixPath(*parts[first:])
        if parts[first] != "/" and (root / below).is_file():
            return below.as_posix()
    return None


def _successor(old: str, base: Path, head: Path) -> tuple[str, list[Evidence]] | None:
    digest = _digest(base / old)
    paths = list(_files(head))
    same = [path for path in paths if _digest(head / path) == digest] if digest else []
    if len(same) == 1:
        sentence = f"`{old}` of base lies at `{same[0]}` at head, byte for byte."
        return same[0], [Evidence(EvidenceKind.SAME_BODY, sentence), *_alone(same[0])]
    named = [path for path in paths if PurePosixPath(path).name == PurePosixPath(old).name]
    if len(named) == 1:
        sentence = f"`{named[0]}` is the one file of its name at head; base has `{old}`."
        return named[0], [Evidence(EvidenceKind.SAME_NAME, sentence)]
    return None


def _alone(path: str) -> list[Evidence]:
    return [Evidence(EvidenceKind.ONLY_CANDIDATE, f"No other file at head has the content of `{path}`.")]


def _files(root: Path) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in names:
            count += 1
            if count > _MOST_FILES:
                return
            yield (Path(folder, name)).relative_to(root).as_posix()


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.stat().st_size else ""
    except OSError:
        return ""


def _edits(text: str, old: str, new: str) -> Iterator[ReplaceExpression]:
    """Each text in the file that may name the part of the path that changed, with the new part."""
    swaps = list(_swaps(PurePosixPath(old).parts, PurePosixPath(new).parts))
    places = list(definitions(text))
    for before, after in swaps:
        for owner, definition in places:
            for node in definition.nodes():
                if not isinstance(node, cst.SimpleString):
                    continue
                value = node.evaluated_value
                if not isinstance(value, str):
                    continue
                changed = _swapped(value, before, after)
                if changed is not None:
                    code = f"{node.prefix}{node.quote}{changed}{node.quote}"
                    yield ReplaceExpression(owner, node.value, code, definition.line(node))


def _swaps(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What parts of the old path have to become: the least that differs, then with more around it, first
    what follows: a name that comes last is about this one file.
    """
    front = 0
    while front < min(len(old), len(new)) - 1 and old[front] == new[front]:
        front += 1
    back = 0
    while back < min(len(old), len(new)) - front and old[-1 - back] == new[-1 - back]:
        back += 1
    sizes = [(less, more) for less in range(front + 1) for more in range(back + 1)]
    for less, more in sorted(sizes, key=lambda size: (sum(size), size[0])):
        before = old[front - less : len(old) - back + more]
        after = new[front - less : len(new) - back + more]
        if before:
            yield "/".join(before), "/".join(after)


def _swapped(value: str, before: str, after: str) -> str | None:
    """A path's text with a part of it replaced; None where it has no such part, or more than one."""
    parts, old = value.split("/"), before.split("/")
    places = [n for n in range(len(parts) - len(old) + 1) if parts[n : n + len(old)] == old]
    if len(places) != 1:
        return None
    place = places[0]
    return "/".join([*parts[:place], *after.split("/"), *parts[place + len(old) :]])
