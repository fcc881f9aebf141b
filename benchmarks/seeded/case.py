"""One seeded breakage, and what would be right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from textwrap import dedent

Files = Mapping[str, str | None]


class Truth(StrEnum):
    """What is at fault: the test, the product, or what a person alone can tell."""

    STALE = "stale"
    BUG = "bug"
    QUESTION = "question"


@dataclass(frozen=True)
class Case:
    """A project at base (`files` over the tree `lies_in`, where there is one) and what `changed` since.

    `bugs` are changes of the product under which a healed test must fail, `expected` are texts that say the
    same as a right heal, `tests` the files to run; with `needs_services` the command heals it, for the engine
    alone has no databases.
    """

    strategy: str
    kind: str
    number: int
    truth: Truth
    files: Files
    changed: Files
    bugs: tuple[Files, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict)
    tests: tuple[str, ...] = ()
    lies_in: Path | None = None
    python: Path | None = None
    needs_services: bool = False
    pytest_args: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What tells it from others, fit for a folder."""
        return (
            f"{self.strategy}-{self.kind}-{self.number}".replace(" ", "-").replace("/", "-").replace(":", "")
        )


def text(template: str, **values: object) -> str:
    """A file's text: `$name` stands for a value."""
    made = dedent(template).lstrip("\n")
    for name, value in values.items():
        made = made.replace(f"${name}", str(value))
    return made
