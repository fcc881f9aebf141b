"""Trees of files for tests."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from maestro_healing.domain.sources import FolderTree

Files = Mapping[str, str]


def write(folder: Path, files: Files) -> FolderTree:
    """A tree of these files."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text))
    return FolderTree(folder)
