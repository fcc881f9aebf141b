"""How large a project may be."""

from __future__ import annotations

from maestro_healing.domain.errors import CannotHeal

_MOST_BYTES = 2 * 2**30
_MOST_ENTRIES = 200_000


class Allowance:
    """What may still be written of one project."""

    def __init__(self) -> None:
        self._bytes = _MOST_BYTES
        self._entries = _MOST_ENTRIES

    def spend(self, size: int) -> None:
        """Take one entry of so many bytes. Raises CannotHeal (PROJECT_TOO_LARGE)."""
        self._bytes -= size
        self._entries -= 1
        if self._bytes < 0 or self._entries < 0:
            raise CannotHeal(
                "PROJECT_TOO_LARGE",
                f"A project has {_MOST_BYTES >> 30} GiB and {_MOST_ENTRIES} files at most; "
                "leave out what its tests do not need.",
            )
