"""The two things that a forked process does: tests as they are, and tests on a mutant."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import forks
from .coverage import Lines
from .swap import Swap, Unapplied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .choice import Chosen

    RunTest = Callable[[str], str]

PASSED, ASSERTION, CRASH, TIMEOUT, SURVIVED = "passed", "assertion", "crash", "timeout", "survived"
UNAPPLIED = "unapplied"
# How long a test may take on a mutant: what it took when it was traced, so many times, and so much more.
_FACTOR, _GRACE_SECONDS = 3.0, 1.0


class Baseline(forks.Task):
    """Tests as they are, traced."""

    def __init__(self, tests: Sequence[str], run: RunTest, files: Mapping[str, str], patience: float) -> None:
        self.outcomes: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.lines: dict[str, dict[str, list[int]]] = {}
        self.patience = patience
        self._tests = tests
        self._run = run
        self._files = files

    def work(self, send: forks.Send) -> None:
        for test in self._tests:
            lines = Lines({absolute: path for path, absolute in self._files.items()})
            started = time.perf_counter()
            with lines:
                outcome = self._run(test)
            seconds = time.perf_counter() - started
            send([test, outcome, seconds, {path: sorted(seen) for path, seen in lines.seen.items()}])

    def take(self, message: forks.Message) -> float:
        test, self.outcomes[test], self.seconds[test], self.lines[test] = message
        return self.patience

    def ended(self, in_time: bool) -> forks.Task | None:
        """A test that took the process along is not tried again; what comes after it is."""
        rest = [test for test in self._tests if test not in self.outcomes]
        if rest and in_time:
            self.outcomes[rest[0]] = CRASH
            self._tests = rest[1:]
            return self if self._tests else None
        return None


class Trial(forks.Task):
    """The units that run a mutant's lines, on the mutant."""

    def __init__(
        self,
        chosen: Chosen,
        tests: Sequence[tuple[str, str]],
        seconds: Mapping[str, float],
        run: RunTest,
        swap: Swap,
    ) -> None:
        """`tests` are pairs of unit and test, `seconds` what each test took before."""
        self.chosen = chosen
        self.found: dict[str, set[str]] = {unit: set() for unit in chosen.units}
        self._tests = list(tests)
        self._seconds = seconds
        self._run = run
        self._swap = swap
        self.patience = self._limit()

    def _limit(self) -> float:
        if not self._tests:
            return _GRACE_SECONDS
        return _FACTOR * self._seconds[self._tests[0][1]] + _GRACE_SECONDS

    def work(self, send: forks.Send) -> None:
        try:
            self._swap.apply(self.chosen.source, self.chosen.mutant)
        except (Unapplied, SyntaxError):
            send([UNAPPLIED])
            return
        killed: set[str] = set()
        for unit, test in self._tests:
            outcome = "" if unit in killed else self._run(test)
            killed |= {unit} if outcome == ASSERTION else set()
            send([outcome])

    def take(self, message: forks.Message) -> float:
        if message == [UNAPPLIED]:
            for outcomes in self.found.values():
                outcomes.add(UNAPPLIED)
            self._tests.clear()
        else:
            self.found[self._tests.pop(0)[0]].add(message[0])
        return self._limit()

    def ended(self, in_time: bool) -> forks.Task | None:
        if self._tests:
            self.found[self._tests.pop(0)[0]].add(CRASH if in_time else TIMEOUT)
        killed = [unit for unit, outcomes in self.found.items() if ASSERTION in outcomes]
        self._tests = [(unit, test) for unit, test in self._tests if unit not in killed]
        self.patience = self._limit()
        return self if self._tests else None

    def outcome(self, unit: str) -> str:
        """What became of the mutant under the unit: the most telling of what its tests did."""
        order = (ASSERTION, UNAPPLIED, CRASH, TIMEOUT)
        return next((one for one in order if one in self.found[unit]), SURVIVED)
