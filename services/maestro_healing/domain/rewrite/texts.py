"""Edits of a text as a whole."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReplaceText:
    """The file whose text is `old` gets `new`; all others stay."""

    old: str
    new: str

    whole_file = True

    def rewrite_text(self, text: str) -> str:
        """`new` where it is the file that is meant."""
        return self.new if text == self.old else text
