"""Folders as git trees and back."""

from __future__ import annotations

from collections.abc import Iterator

import pygit2
from pygit2.enums import FileMode

from maestro_core.errors import InvalidArgument
from maestro_template.domain.model import File, Folder


def write_tree(repository: pygit2.Repository, folder: Folder) -> pygit2.Oid:
    """Store a folder's files and give the id of its tree."""
    index = pygit2.Index()
    for path, file in folder.items():
        mode = FileMode.BLOB_EXECUTABLE if file.executable else FileMode.BLOB
        index.add(pygit2.IndexEntry(path, repository.create_blob(file.content), mode))
    return index.write_tree(repository)


def read_tree(tree: pygit2.Tree) -> dict[str, File]:
    """All files below a tree. Raises InvalidArgument (FILES_INVALID) for a symlink or a submodule."""
    return dict(_files(tree, ""))


def _files(tree: pygit2.Tree, prefix: str) -> Iterator[tuple[str, File]]:
    for entry in tree:
        path = f"{prefix}{entry.name}"
        if isinstance(entry, pygit2.Tree):
            yield from _files(entry, f"{path}/")
        elif isinstance(entry, pygit2.Blob) and entry.filemode != FileMode.LINK:
            yield path, File(entry.data, entry.filemode == FileMode.BLOB_EXECUTABLE)
        else:
            raise InvalidArgument(f"{path!r} is a symlink or a submodule", reason="FILES_INVALID")
