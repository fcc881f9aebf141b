"""How a healing goes, as it goes: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from maestro.healing.v1 import healing_pb2
from maestro_cli.output import err, printable

STYLES = {"HEALED": "green", "PROPOSED": "yellow", "REFUSED": "red", "UNHEALED": "magenta"}


def verdict_of(test: healing_pb2.TestHealing) -> str:
    """The verdict's name."""
    return healing_pb2.Verdict.Name(test.verdict).removeprefix("VERDICT_")


class Display:
    """Shows stages, counts, and each verdict as it comes."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = err()
        self._live = self._console.is_terminal and not quiet
        self._quiet = quiet
        self._said = ""
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task("Starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Something that stays."""
        if not self._quiet:
            self._console.print(text, markup=False, soft_wrap=True)

    def show(self, progress: healing_pb2.HealingProgress) -> None:
        """One step of the healing."""
        stage = healing_pb2.Stage.Name(progress.stage).removeprefix("STAGE_").capitalize()
        text = f"{stage}: {progress.message}" if progress.message else stage
        self._bar.update(
            self._task, description=text[:60], completed=progress.done, total=progress.total or None
        )
        if progress.HasField("test"):
            self._verdict(progress.test)
        elif not self._live and text != self._said:
            self._said = text
            self.say(printable(text))

    def _verdict(self, test: healing_pb2.TestHealing) -> None:
        if self._quiet:
            return
        name = verdict_of(test)
        line = Text(f"{name:<9}", style=STYLES.get(name, ""))
        line.append(f" {printable(test.test)}", style="default")
        self._console.print(line, soft_wrap=True)
