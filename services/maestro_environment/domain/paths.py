"""Paths inside a workspace, as callers write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from maestro_core.errors import FieldViolation
from maestro_environment.domain.job import JobSpec

_PLACEHOLDER = re.compile(r"\{(workspace|artifacts|cache\.([a-z][a-z0-9-]{0,62}))\}")


def inside(path: str) -> bool:
    """Whether a relative path stays where it starts from."""
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and ".." not in parts and "\0" not in path


def fill(text: str, places: dict[str, str]) -> str:
    """Put folders in the place of `{workspace}`, `{artifacts}` and `{cache.NAME}`; other braces stay."""
    return _PLACEHOLDER.sub(lambda match: places.get(match[1], match[0]), text)


def violations(spec: JobSpec) -> list[FieldViolation]:
    """What is wrong with the paths and names of a job."""
    found = list(_outside(spec))
    caches = {cache.name for cache in spec.caches}
    if len(caches) < len(spec.caches):
        found.append(FieldViolation("spec.caches", "each name once"))
    texts = (*spec.command, *spec.env.values(), spec.working_directory)
    asked = {match[2] for text in texts for match in _PLACEHOLDER.finditer(text) if match[2]}
    for name in sorted(asked - caches):
        found.append(
            FieldViolation("spec.caches", f"{{cache.{name}}} is used, and no cache of that name is listed")
        )
    if any("\0" in text for text in (*spec.command, *spec.env.values())):
        found.append(FieldViolation("spec.command", "no NUL byte in arguments and variables"))
    if spec.command and not spec.command[0]:
        found.append(FieldViolation("spec.command", "begins with the name of a program"))
    return found


def _outside(spec: JobSpec) -> Iterable[FieldViolation]:
    paths = [
        *((f"spec.overlay[{number}].path", path) for number, path in enumerate(spec.overlay)),
        ("spec.junit_path", spec.junit_path),
        *((f"spec.artifact_patterns[{n}]", pattern) for n, pattern in enumerate(spec.artifact_patterns)),
    ]
    if not _PLACEHOLDER.match(spec.working_directory):
        paths.append(("spec.working_directory", spec.working_directory))
    for field, path in paths:
        if not inside(path):
            yield FieldViolation(field, f"{path!r} leads out of the workspace")
    for number, path in enumerate(spec.overlay):
        if not PurePosixPath(path).parts:
            yield FieldViolation(f"spec.overlay[{number}].path", "names no file")
    yield from _both_file_and_folder(spec)
    for number, pattern in enumerate(spec.artifact_patterns):
        if not PurePosixPath(pattern).parts or any(
            "**" in part and part != "**" for part in pattern.split("/")
        ):
            yield FieldViolation(f"spec.artifact_patterns[{number}]", f"{pattern!r} is no glob pattern")


def _both_file_and_folder(spec: JobSpec) -> Iterable[FieldViolation]:
    """A file can't lie below another file."""
    written = [PurePosixPath(path) for path, new in spec.overlay.items() if new]
    folders = {parent for path in written for parent in path.parents}
    for path in written:
        if path in folders:
            yield FieldViolation("spec.overlay", f"{str(path)!r} is a file and a folder at once")
