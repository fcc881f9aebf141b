"""Identifiers that sort by the time at which they were made."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghijklmnopqrstuv"


def new_id(prefix: str) -> str:
    """A fresh id such as `healing-06f2…`: it matches `[a-z][a-z0-9-]{0,62}` and sorts by its millisecond."""
    number = (time.time_ns() // 1_000_000) << 50 | secrets.randbits(50)
    digits = "".join(_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))
    return f"{prefix}-{digits}"
