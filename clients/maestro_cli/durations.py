"""Durations as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

from maestro_cli.failure import CliError, ExitCode

_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `12h`, `7d`, or plain seconds; more than none. Raises CliError."""
    found = re.fullmatch(r"(\d{1,8})([smhd]?)", text.strip())
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if not length:
        raise CliError(
            f"{text!r} is no duration.", "Write a number and a unit: 90s, 30m, 12h or 7d.", ExitCode.WRONG_USE
        )
    return length
