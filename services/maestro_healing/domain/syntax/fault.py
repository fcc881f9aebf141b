"""Where a text stops being Python."""

import re
import warnings
from dataclasses import dataclass

_OPENED_AT = re.compile(r"on line (?P<line>\d+)")


@dataclass(frozen=True)
class Fault:
    """What the compiler says of the first place that it cannot read.

    `line` counts from 1, `column` from 0; `header` is the line of the statement that wants a block, or 0.
    """

    line: int
    column: int
    message: str
    header: int = 0


def fault_in(text: str) -> Fault | None:
    """The first fault; None where the text compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<test>", "exec", dont_inherit=True)
    except SyntaxError as error:
        message = error.msg or ""
        found = _OPENED_AT.search(message)
        header = int(found["line"]) if found and "indented block" in message else 0
        return Fault(error.lineno or 1, max((error.offset or 1) - 1, 0), message, header)
    except (ValueError, RecursionError, MemoryError) as error:
        return Fault(1, 0, f"{type(error).__name__}: {error}")
    return None
