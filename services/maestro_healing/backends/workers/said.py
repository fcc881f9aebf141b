"""What a service asks of its worker, and what the worker asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from maestro_healing.backends.branches import BranchOrder
from maestro_healing.backends.copies import Copies, CopyOrder
from maestro_healing.domain.followup import Followed
from maestro_healing.domain.guard import Review, TouchedTest
from maestro_healing.domain.healing import HealingSpec
from maestro_healing.domain.looking import CheckRequest
from maestro_healing.domain.model import Progress, StrategyInfo
from maestro_healing.domain.monitor import ErrorKind, Seen
from maestro_healing.domain.mutation.kept import Kept
from maestro_healing.domain.ports import RunRequest
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.sources import Project
from maestro_healing.domain.usecases.ports import ChangedFile, Ran

T = TypeVar("T")


@dataclass(frozen=True)
class Trouble:
    """Why something can't be done. Without a reason nobody foresaw it, and the message is for the log."""

    reason: str
    message: str


class Said(Generic[T]):
    """A word, and what goes with it. `number` tells runs apart that are under way at once."""

    def __init__(self, word: str, content: Any) -> None:
        self.word = word
        self._content: TypeAdapter[T] = TypeAdapter(content)

    def frame(self, content: T, number: int = 0) -> dict[str, object]:
        """The frame that says it."""
        return {"word": self.word, "number": number, "content": self._content.dump_python(content)}

    def read(self, frame: dict[str, Any]) -> T:
        """What a frame says. Raises ValueError."""
        return self._content.validate_python(frame["content"])


# To the worker.
UNPACK = Said[tuple[Path, Path]]("unpack", tuple[Path, Path])
COPY = Said[CopyOrder]("copy", CopyOrder)
HEAL = Said[tuple[Project, HealingSpec, Sequence[Followed]]](
    "heal", tuple[Project, HealingSpec, tuple[Followed, ...]]
)
LOOK = Said[tuple[Project, HealingSpec, Sequence[ErrorKind]]](
    "look", tuple[Project, HealingSpec, tuple[ErrorKind, ...]]
)
STATE = Said[Path]("state", Path)
BRANCH = Said[BranchOrder]("branch", BranchOrder)
KEEP = Said[tuple[Project, HealingSpec, Sequence[TouchedTest]]](
    "keep", tuple[Project, HealingSpec, tuple[TouchedTest, ...]]
)
REVIEW = Said[Sequence[ChangedFile]]("review", tuple[ChangedFile, ...])
LIST = Said[None]("list", None)
RAN = Said[Ran]("ran", Ran)
NOT_RUN = Said[Trouble]("not run", Trouble)
# To the service.
DONE = Said[None]("done", None)
COPIES = Said[Copies]("copies", Copies)
RUN = Said[RunRequest]("run", RunRequest)
CHECK = Said[CheckRequest]("check", CheckRequest)
PROGRESS = Said[Progress]("progress", Progress)
REPORT = Said[HealingReport]("report", HealingReport)
SEEN = Said[Seen]("seen", Seen)
REVISION = Said[str]("revision", str)
REVIEWED = Said[Review]("reviewed", Review)
KEPT = Said[Mapping[str, Kept]]("kept", dict[str, Kept])
STRATEGIES = Said[Sequence[StrategyInfo]]("strategies", tuple[StrategyInfo, ...])
TROUBLE = Said[Trouble]("trouble", Trouble)
