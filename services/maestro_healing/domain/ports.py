"""What the engine needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from maestro_healing.domain.guard import FileChange, Finding
from maestro_healing.domain.model import Progress
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.services import Needed


class Side(StrEnum):
    """Which of the two trees."""

    BASE = "base"
    HEAD = "head"


EVERYTHING = ("*",)


@dataclass(frozen=True)
class Conditions:
    """Under what a run takes place, where that is otherwise than the project's tests run by themselves.

    `order` has ids: these tests run, in exactly this order. `env` is laid over the run's own variables.
    What each test changes of `watched` places is recorded (EVERYTHING: wherever it is), and `restored`
    places are put back after each test. With a `seed`, `random` begins each test from it.
    """

    order: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    watched: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    seed: int | None = None

    @property
    def wishes(self) -> Mapping[str, object]:
        """What the probe has to do beside writing down; nothing, mostly."""
        found = {"order": self.order, "watched": self.watched, "restored": self.restored, "seed": self.seed}
        return {name: wish for name, wish in found.items() if wish not in ((), None)}


AS_IT_IS = Conditions()


@dataclass(frozen=True)
class RunRequest:
    """One run: `overlay` is laid over a copy of the tree,
    `selection` holds pytest ids or files (none: all; the conditions' order goes before it),
    `timeout` is in seconds.
    `services` stand beside it, and their variables lead to them.
    With a `plan`, which the driver in `maestro_healing.mutants` reads, tests are tried on mutants.
    """

    side: Side
    overlay: Mapping[str, bytes] = field(default_factory=dict)
    selection: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    timeout: float = 600.0
    plan: bytes = b""
    services: tuple[Needed, ...] = ()
    conditions: Conditions = AS_IT_IS

    @property
    def arguments(self) -> tuple[str, ...]:
        """What pytest is given to collect: where an order says which tests, their files."""
        if not self.conditions.order:
            return self.selection
        return tuple(dict.fromkeys(test.partition("::")[0] for test in self.conditions.order))


class Runner(Protocol):
    """Runs tests in a fresh process, away from the user's tree."""

    async def run(self, request: RunRequest) -> RunResult:
        """One run to its end. May be called again while another is under way;
        ends its work when cancelled.
        """
        ...

    async def mutate(self, request: RunRequest) -> bytes | None:
        """Tests on mutants, as its plan says: what the driver wrote, None where it wrote nothing."""
        ...


class Guard(Protocol):
    """Finds where a change weakens a test."""

    def __call__(self, files: Sequence[FileChange]) -> Sequence[Finding]:
        """Each weakening; none means that the change is clean."""
        ...


class Listener(Protocol):
    """Hears how far a healing is."""

    async def __call__(self, progress: Progress) -> None:
        """Called in order, awaited before the work goes on."""
        ...


async def nobody_listens(progress: Progress) -> None:
    """A Listener for what nobody watches."""
