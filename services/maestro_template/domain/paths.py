"""Names of files: what may be stored in a template, and what may come out of one."""

import re
from collections.abc import Iterable

from maestro_template.domain import limits

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"^[A-Za-z]:")


def path_problem(path: str) -> str | None:
    """Why `path` may not name a file below a folder, or None where it may."""
    if not path:
        return "is empty"
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "is not valid Unicode"
    if len(encoded) > limits.MAX_PATH_BYTES:
        return f"is longer than {limits.MAX_PATH_BYTES} bytes"
    if _CONTROL.search(path):
        return "has a control character such as a newline"
    if "\\" in path:
        return "has a backslash"
    if path.startswith("/") or _DRIVE.match(path):
        return "is absolute"
    return next((problem for part in path.split("/") if (problem := _segment_problem(part))), None)


def _segment_problem(part: str) -> str | None:
    if not part:
        return "has an empty segment"
    if part in (".", ".."):
        return f"has the segment {part!r}"
    if part.lower() == ".git":
        return "reaches into a .git folder"
    if len(part.encode()) > limits.MAX_SEGMENT_BYTES:
        return f"has a segment longer than {limits.MAX_SEGMENT_BYTES} bytes"
    return None


def collision(paths: Iterable[str]) -> str | None:
    """The first path that another one of `paths` is below of (a file where a folder must be), or None."""
    known = set(paths)
    for path in sorted(known):
        parent = path.rpartition("/")[0]
        while parent:
            if parent in known:
                return parent
            parent = parent.rpartition("/")[0]
    return None
