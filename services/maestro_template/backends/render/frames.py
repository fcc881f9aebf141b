"""What the service and a worker say to each other: a JSON header, then files as raw bytes.

Nothing in it is executable (no pickle): a worker that a template took over could still only send wrong files.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from maestro_template.domain.model import File, Folder

_PREFIX: Final = struct.Struct("!II")
PREFIX_BYTES: Final = _PREFIX.size


def encode(header: Mapping[str, Any], folder: Folder) -> bytes:
    """One frame."""
    listing = [[path, file.executable, len(file.content)] for path, file in folder.items()]
    head = json.dumps({**header, "files": listing}).encode()
    body = b"".join(file.content for file in folder.values())
    return _PREFIX.pack(len(head), len(body)) + head + body


def lengths(prefix: bytes, most: int) -> tuple[int, int]:
    """The lengths of header and body. Raises ValueError where they are more than `most` bytes together."""
    head, body = _PREFIX.unpack(prefix)
    if head + body > most:
        raise ValueError(f"a frame of {head + body} bytes; {most} are allowed")
    return head, body


def decode(head: bytes, body: bytes) -> tuple[dict[str, Any], dict[str, File]]:
    """The header and the files of a frame. Raises ValueError where they do not fit together."""
    header: dict[str, Any] = json.loads(head)
    files: dict[str, File] = {}
    start = 0
    for path, executable, length in header.pop("files"):
        files[path] = File(body[start : start + length], executable)
        start += length
    if start != len(body):
        raise ValueError("the files do not fill the body")
    return header, files


def receive(read: Callable[[int], bytes], most: int) -> tuple[dict[str, Any], dict[str, File]] | None:
    """Read one frame from a blocking source; None where it has ended."""
    prefix = read(PREFIX_BYTES)
    if len(prefix) < PREFIX_BYTES:
        return None
    head, body = lengths(prefix, most)
    return decode(read(head), read(body))
