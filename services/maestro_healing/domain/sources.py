"""The project's texts at head and at base."""

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from maestro_healing.domain.model import Commit
from maestro_healing.domain.ports import Side

_SKIPPED = {"__pycache__", "node_modules", "build", "dist", "venv", "env", "site-packages"}
_TEST_FOLDERS = {"tests", "test"}
_TEST_FILE = re.compile(r"(test_.*|.*_tests?|tests?|conftest)\.py")
_NOT_PRODUCT = {
    "docs",
    "doc",
    "examples",
    "example",
    "benchmarks",
    "benchmark",
    "scripts",
    "tools",
    "testing",
}
_BUILD_FILES = {"setup.py", "noxfile.py", "tasks.py", "fabfile.py", "conftest.py"}
_ROOTS = ("src", "lib", "")
_DOCUMENTS = {".md", ".rst", ".txt"}


def is_test_path(path: str) -> bool:
    """Whether a file belongs to the tests, by the customs that pytest's projects share."""
    parts = PurePosixPath(path).parts
    return (
        bool(_TEST_FILE.fullmatch(parts[-1]))
        or parts[0] == "testing"
        or bool(_TEST_FOLDERS & set(parts[:-1]))
    )


@dataclass(frozen=True)
class FolderTree:
    """One revision of the project, lying in a folder."""

    root: Path

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Python sources and documents, relative, in order."""
        return tuple(sorted(self._walk(self.root)))

    def _walk(self, folder: Path) -> Iterator[str]:
        for entry in folder.iterdir():
            if entry.name.startswith(".") or entry.name in _SKIPPED or entry.is_symlink():
                continue
            if entry.is_dir():
                if not entry.name.endswith(".egg-info"):
                    yield from self._walk(entry)
            elif entry.suffix == ".py" or entry.suffix in _DOCUMENTS:
                yield entry.relative_to(self.root).as_posix()

    def text(self, path: str) -> str | None:
        """The file's text by its own coding line, line ends kept;
        None where there is none or it does not decode.
        """
        try:
            content = (self.root / path).read_bytes()
            return content.decode(_encoding(content))
        except (OSError, SyntaxError, LookupError, UnicodeDecodeError):
            return None

    def encode(self, path: str, text: str) -> bytes:
        """The text as bytes in the encoding that the file has."""
        return text.encode(_encoding((self.root / path).read_bytes()))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Python sources."""
        return tuple(path for path in self.files if path.endswith(".py"))

    @cached_property
    def tests(self) -> tuple[str, ...]:
        """Sources of tests, their helpers and conftests."""
        return tuple(path for path in self.sources if is_test_path(path))

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """Changelogs, readme and documentation."""
        return tuple(path for path in self.files if not path.endswith(".py"))

    @cached_property
    def import_roots(self) -> tuple[str, ...]:
        """Folders from which the product's modules are imported, relative; `` is the project's own."""
        return tuple(root for root in _ROOTS if root == "" or self._tops(root))

    def _tops(self, root: str) -> Sequence[str]:
        """Import names of the product's packages and modules that lie directly in a root."""
        folder = self.root / root
        if not folder.is_dir():
            return ()
        names = []
        for entry in sorted(folder.iterdir()):
            relative = entry.relative_to(self.root).as_posix()
            if is_test_path(relative) or is_test_path(f"{relative}/x.py") or not entry.stem.isidentifier():
                continue
            if entry.suffix == ".py" and entry.name not in _BUILD_FILES:
                names.append(entry.stem)
            elif entry.name not in _NOT_PRODUCT and (entry / "__init__.py").is_file():
                names.append(entry.name)
        return names

    @cached_property
    def packages(self) -> tuple[tuple[str, str], ...]:
        """Import root and name of each top-level package or module of the product."""
        return tuple((root, name) for root in self.import_roots for name in self._tops(root))

    @cached_property
    def product(self) -> tuple[str, ...]:
        """Sources of the product."""
        tops = {str(PurePosixPath(root) / name) for root, name in self.packages}
        return tuple(
            path
            for path in self.sources
            if not is_test_path(path)
            and any(path == f"{top}.py" or path.startswith(f"{top}/") for top in tops)
        )

    def module_name(self, path: str) -> str:
        """The dotted name by which a source is imported."""
        for root in self.import_roots:
            if root and path.startswith(f"{root}/"):
                path = path[len(root) + 1 :]
                break
        name = path.removesuffix(".py").replace("/", ".")
        return name.removesuffix(".__init__")


def _encoding(content: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(content).readline)[0]


@dataclass(frozen=True)
class Project:
    """What is to be healed:
    the tree, the last good one if there is one, and the commits between, newest first.
    """

    head: FolderTree
    base: FolderTree | None = None
    commits: Sequence[Commit] = field(default_factory=tuple)

    def import_roots(self, side: Side) -> tuple[str, ...]:
        """What belongs on PYTHONPATH, relative to the tree."""
        tree = self.base if side is Side.BASE and self.base else self.head
        return tree.import_roots
