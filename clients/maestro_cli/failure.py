"""How the command ends, and what it says when something goes wrong."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script can go by."""

    DONE = 0
    FOUND = 1
    WRONG_USE = 2
    COULD_NOT_RUN = 3
    INTERRUPTED = 130


class CliError(Exception):
    """Ends the command: what happened and what it means, and what to do."""

    def __init__(self, message: str, advice: str = "", code: ExitCode = ExitCode.COULD_NOT_RUN) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.code = code
