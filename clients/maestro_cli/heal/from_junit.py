"""The failing tests of a JUnit XML file, whoever wrote it, as ids that pytest takes in this project.

Writers name a test by a dotted class name, a file, or both, and from wherever they were started; what they
name is looked for among the project's files. A parametrised test is taken with all its cases: their names
need not be in the file as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from maestro_cli.failure import CliError, ExitCode
from maestro_environment.domain import junit
from maestro_environment.domain.job import TestCase, TestOutcome

_MOST_BYTES = 256 * 2**20
_WITHOUT_TESTS = {"object", "TestCase", "unittest.TestCase", "unittest.IsolatedAsyncioTestCase"}
_FAILED = (TestOutcome.FAILED, TestOutcome.ERROR)


@dataclass(frozen=True)
class Failing:
    """Ids of the failing tests, and names of those that the project doesn't have any more."""

    tests: tuple[str, ...]
    gone: tuple[str, ...]


def failing(file: Path, root: Path, paths: Collection[str]) -> Failing:
    """What failed, of a project's folder and the paths of its files. Raises CliError and OSError."""
    place = _Places(root, paths)
    tests: dict[str, None] = {}
    gone: dict[str, None] = {}
    for case in _cases(file):
        if case.outcome in _FAILED:
            found = place.of(case)
            (tests if found else gone).setdefault(found or _name(case))
    return Failing(tuple(tests), tuple(gone))


def _cases(file: Path) -> Sequence[TestCase]:
    if not file.is_file():
        raise CliError(
            f"{file} is no file.", "Give the JUnit XML file that your CI wrote.", ExitCode.WRONG_USE
        )
    if file.stat().st_size > _MOST_BYTES:
        raise CliError(f"{file} has more than {_MOST_BYTES >> 20} MiB.", code=ExitCode.WRONG_USE)
    try:
        return junit.parse(file.read_bytes(), whole=True)
    except junit.JUnitError as error:
        advice = "Give the JUnit XML file that your CI wrote, e.g. of pytest --junit-xml=FILE."
        raise CliError(
            f"{file} is no JUnit XML that can be read: {error}.", advice, ExitCode.WRONG_USE
        ) from error


def _name(case: TestCase) -> str:
    return ".".join(filter(None, (case.class_name or case.file, case.name)))


class _Places:
    """Finds where a test stands."""

    def __init__(self, root: Path, paths: Collection[str]) -> None:
        self._root = root
        self._paths = frozenset(paths)
        self._by_dots: dict[str, list[str]] = {}
        for path in sorted(self._paths):
            if path.endswith(".py"):
                parts = path.removesuffix(".py").split("/")
                for start in range(len(parts)):
                    self._by_dots.setdefault(".".join(parts[start:]), []).append(path)
        self._trees: dict[str, ast.Module | None] = {}

    def of(self, case: TestCase) -> str:
        """The test's id; empty where the project has no such test."""
        name = case.name.partition("[")[0]
        # A file that could not be imported is a case without a class; Maestro and some others write ids.
        dotted = case.class_name or name
        names = [name] if case.class_name else []
        candidates: Iterable[tuple[str, list[str]]]
        if "/" in dotted or dotted.endswith(".py"):
            path, *classes = dotted.split("::")
            candidates = ((file, classes) for file in self._ending(path))
        elif case.file:
            candidates = ((file, _classes(dotted, file)) for file in self._ending(case.file))
        else:
            candidates = self._dotted(dotted.split("."))
        for file, classes in candidates:
            chain = [*classes, *(part for text in names for part in text.split("::"))]
            if self._has(file, chain):
                return "::".join([file, *chain])
        return ""

    def _ending(self, path: str) -> Iterator[str]:
        """The project's file that a path from another machine names: what both have in common at the end."""
        parts = PurePosixPath(path.replace("\\", "/")).parts
        for start in range(len(parts)):
            if (known := "/".join(parts[start:])) in self._paths:
                yield known
        yield from self._only(".".join(parts).removesuffix(".py").lstrip("./"))

    def _dotted(self, parts: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        """Files that a dotted name can begin with, the likeliest first, each with the classes that follow."""
        for start in range(len(parts)):
            for end in range(len(parts), start, -1):
                path = "/".join(parts[start:end]) + ".py"
                if path in self._paths:
                    yield path, list(parts[end:])
        for end in range(len(parts), 0, -1):
            for path in self._only(".".join(parts[:end])):
                yield path, list(parts[end:])

    def _only(self, dotted: str) -> Sequence[str]:
        """The file below some folder, where one alone is called so."""
        found = self._by_dots.get(dotted, [])
        return found if len(found) == 1 else ()

    def _has(self, path: str, chain: Sequence[str]) -> bool:
        """Whether the file may have it: what cannot be told without running is left to pytest."""
        tree = self._tree(path)
        if tree is None or not chain or (len(chain) == 1 and "." in chain[0]):  # a doctest is named in full
            return True
        body, inherits = tree.body, False
        for name in chain:
            bound = dict(_bound(body))
            if name not in bound:
                return inherits or "*" in bound
            node = bound[name]
            if not isinstance(node, ast.ClassDef):
                return True
            body, inherits = node.body, any(ast.unparse(base) not in _WITHOUT_TESTS for base in node.bases)
        return True

    def _tree(self, path: str) -> ast.Module | None:
        if path not in self._trees:
            try:
                self._trees[path] = ast.parse((self._root / path).read_bytes())
            except (SyntaxError, ValueError, RecursionError, OSError):
                self._trees[path] = None
        return self._trees[path]


def _bound(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Names that statements bind, those inside of if, try and with too; `*` where they can't all be told."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node
            case ast.Import() | ast.ImportFrom():
                yield from ((alias.asname or alias.name, node) for alias in node.names)
            case ast.If() | ast.Try() | ast.With() | ast.For():
                yield from _bound(
                    [one for one in ast.walk(node) if isinstance(one, ast.stmt) and one is not node]
                )
            case ast.Assign():
                yield from ((one.id, node) for one in node.targets if isinstance(one, ast.Name))


def _classes(dotted: str, path: str) -> list[str]:
    """What follows the module in a class name; all of it where it names no module."""
    parts = dotted.split(".")
    stem = PurePosixPath(path).stem
    place = max((place for place, part in enumerate(parts) if part == stem), default=-1)
    return parts[place + 1 :]
