"""The templates that lie beside the code: catalogue/<category>/<id>/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from maestro_core.errors import InvalidArgument
from maestro_template.domain.model import MANIFEST, File

CATALOGUE: Final = Path(__file__).parent.parent / "catalogue"
_OWNER_MAY_EXECUTE: Final = 0o100


def shipped_folders(root: Path = CATALOGUE) -> Iterator[dict[str, File]]:
    """Every template of the catalogue, by category and id."""
    for manifest in sorted(root.glob(f"*/*/{MANIFEST}")):
        yield read_directory(manifest.parent)


def read_directory(root: Path) -> dict[str, File]:
    """All files below a directory. Raises InvalidArgument (FILES_INVALID) for anything but a plain file."""
    folder: dict[str, File] = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise InvalidArgument(f"{relative!r} is no plain file", reason="FILES_INVALID")
        if path.is_file() and "__pycache__" not in path.parts:
            folder[relative] = File(path.read_bytes(), bool(path.stat().st_mode & _OWNER_MAY_EXECUTE))
    return folder
