"""What of a file can be read line by line."""

from __future__ import annotations


def text_of(content: bytes) -> str | None:
    """A file's text; None where it is no UTF-8, or holds zeros as binary files do."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
