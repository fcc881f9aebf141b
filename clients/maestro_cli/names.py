"""Resource names, from what people type."""

from __future__ import annotations

import re

from maestro_cli.failure import CliError, ExitCode
from maestro_client import Maestro

_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")


def full_name(maestro: Maestro, collection: str, name: str) -> str:
    """The name of one of the tenant's, from that or from its id. Raises CliError."""
    prefix = f"{maestro.parent}/{collection}/"
    return prefix + checked_id(name.removeprefix(prefix))


def checked_id(text: str) -> str:
    """An id, where it is one. Raises CliError."""
    if not _ID.fullmatch(text):
        raise CliError(
            f"{text!r} is no id.",
            "An id has lower-case letters, digits and hyphens, 63 at most, and begins with a letter.",
            ExitCode.WRONG_USE,
        )
    return text
