"""Folders as git trees and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pygit2
from pygit2.enums import FileMode

from maestro_core.errors import InvalidArgument, ResourceExhausted
from maestro_template.domain import limits
from maestro_template.domain.model import File, Folder

_FILES: Final = frozenset({FileMode.BLOB, FileMode.BLOB_EXECUTABLE})


def write_tree(repository: pygit2.Repository, folder: Folder) -> pygit2.Oid:
    """Store a folder's files and give the id of its tree."""
    index = pygit2.Index()
    for path, file in folder.items():
        mode = FileMode.BLOB_EXECUTABLE if file.executable else FileMode.BLOB
        index.add(pygit2.IndexEntry(path, repository.create_blob(file.content), mode))
    return index.write_tree(repository)


def read_tree(repository: pygit2.Repository, tree_id: pygit2.Oid) -> dict[str, File]:
    """All files below a tree, whose sizes are looked at before anything is read: a tree may be a bomb.

    Raises InvalidArgument (FILES_INVALID) for a symlink, a submodule or a name that is no text,
    ResourceExhausted (TEMPLATE_TOO_LARGE).
    """
    found: dict[str, File] = {}
    left = limits.MAX_TEMPLATE_BYTES
    for count, (path, object_id, mode) in enumerate(_files(repository, tree_id, "")):
        size = object_size(repository, object_id)
        left -= size
        if count >= limits.MAX_FILES or size > limits.MAX_FILE_BYTES or left < 0:
            raise _too_large()
        content = repository[object_id].peel(pygit2.Blob).data
        found[path] = File(content, mode == FileMode.BLOB_EXECUTABLE)
    return found


def object_size(repository: pygit2.Repository, object_id: pygit2.Oid) -> int:
    """The size of an object in bytes, without reading it."""
    size: int = repository.odb.read_header(object_id)[1]
    return size


def entries(repository: pygit2.Repository, tree_id: pygit2.Oid) -> Iterator[tuple[str, pygit2.Oid, int]]:
    """The name, object id and mode of what a tree holds.

    Raises InvalidArgument (FILES_INVALID), ResourceExhausted (TEMPLATE_TOO_LARGE).
    """
    if object_size(repository, tree_id) > limits.MAX_TEMPLATE_BYTES:
        raise _too_large()
    try:
        for entry in repository[tree_id].peel(pygit2.Tree):
            yield str(entry.name), entry.id, int(entry.filemode)
    except UnicodeDecodeError as error:
        raise InvalidArgument("a name is not valid UTF-8", reason="FILES_INVALID") from error


def _files(
    repository: pygit2.Repository, tree_id: pygit2.Oid, prefix: str
) -> Iterator[tuple[str, pygit2.Oid, int]]:
    if len(prefix) > limits.MAX_PATH_BYTES or prefix.count("/") > limits.MAX_DEPTH:
        raise _too_large()
    for name, object_id, mode in entries(repository, tree_id):
        path = f"{prefix}{name}"
        if mode == FileMode.TREE:
            yield from _files(repository, object_id, f"{path}/")
        elif mode in _FILES:
            yield path, object_id, mode
        else:
            raise InvalidArgument(f"{path!r} is a symlink or a submodule", reason="FILES_INVALID")


def _too_large() -> ResourceExhausted:
    return ResourceExhausted("the template has too many or too large files", reason="TEMPLATE_TOO_LARGE")
