"""Edits of files that are no Python."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReplacePart:
    """The one place of a text that reads `old` reads `new`."""

    old: str
    new: str

    whole_file = True

    def rewrite_text(self, text: str) -> str:
        """The text as it was where the old part does not stand in it exactly once."""
        return text.replace(self.old, self.new) if text.count(self.old) == 1 else text
