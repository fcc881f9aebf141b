"""Checks of a whole template folder, before anything of it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain

from maestro_core.errors import FieldViolation, InvalidArgument, ResourceExhausted
from maestro_template.domain import limits
from maestro_template.domain.manifest import parse_manifest
from maestro_template.domain.model import (
    ANSWERS_FILE,
    FILES_ROOT,
    MANIFEST,
    RENDERED_SUFFIX,
    Folder,
    Manifest,
)
from maestro_template.domain.paths import collision, path_problem


def read_folder(folder: Folder) -> Manifest:
    """Check a folder's size, names and manifest, and give its manifest.

    Raises ResourceExhausted (TEMPLATE_TOO_LARGE), InvalidArgument (FILES_INVALID, MANIFEST_INVALID).
    """
    _check_size(folder)
    _refuse(chain(_missing_or_ours(folder), _bad_names(folder)))
    return parse_manifest(folder[MANIFEST].content)


def check_files(folder: Folder) -> None:
    """Check sizes and names of any folder.

    Raises ResourceExhausted (TEMPLATE_TOO_LARGE), InvalidArgument (FILES_INVALID).
    """
    _check_size(folder)
    check_names(folder)


def check_names(folder: Folder) -> None:
    """Check the names of any folder. Raises InvalidArgument (FILES_INVALID)."""
    _refuse(_bad_names(folder))


def digest(folder: Folder) -> str:
    """A hash of every path, executable bit and content: equal for equal folders (hex SHA-256)."""
    total = hashlib.sha256()
    for path in sorted(folder):
        file = folder[path]
        total.update(f"{path}\0{file.executable:d}\0{len(file.content)}\0".encode())
        total.update(file.content)
    return total.hexdigest()


def _check_size(folder: Folder) -> None:
    if len(folder) > limits.MAX_FILES:
        raise _too_large(f"has {len(folder)} files; {limits.MAX_FILES} are allowed")
    total = 0
    for path, file in folder.items():
        if len(file.content) > limits.MAX_FILE_BYTES:
            raise _too_large(f"has a file larger than {limits.MAX_FILE_BYTES} bytes: {path[:200]!r}")
        total += len(file.content)
    if total > limits.MAX_TEMPLATE_BYTES:
        raise _too_large(f"has {total} bytes; {limits.MAX_TEMPLATE_BYTES} are allowed")


def _too_large(what: str) -> ResourceExhausted:
    return ResourceExhausted(
        f"the template {what}", reason="TEMPLATE_TOO_LARGE", violations=[FieldViolation("files", what)]
    )


def _refuse(problems: Iterator[FieldViolation]) -> None:
    if violations := list(problems):
        raise InvalidArgument(
            "the files are not acceptable", reason="FILES_INVALID", violations=violations[:50]
        )


def _bad_names(folder: Folder) -> Iterator[FieldViolation]:
    for path in folder:
        if problem := path_problem(path):
            yield FieldViolation("files", f"the name {path[:200]!r} {problem}")
    if clash := collision(folder):
        yield FieldViolation("files", f"{clash!r} is both a file and a folder")


def _missing_or_ours(folder: Folder) -> Iterator[FieldViolation]:
    if MANIFEST not in folder:
        yield FieldViolation("files", f"there is no {MANIFEST}")
    for name in (ANSWERS_FILE, ANSWERS_FILE + RENDERED_SUFFIX):
        if FILES_ROOT + name in folder:
            yield FieldViolation("files", f"{FILES_ROOT + name!r} is written by Maestro")
