"""Heals a suite in other orders, and judges each of its rows by runs of its own."""

import re
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from benchmarks.order_dependence.results import Result
from benchmarks.order_dependence.suites import Row, Suite
from benchmarks.release_skew.heal import Healed, Healing, heal
from benchmarks.release_skew.repository import Places
from benchmarks.release_skew.results import UNSEEN
from benchmarks.seeded.case import Truth
from maestro_cli.heal.patching import changed
from maestro_healing.domain.diagnosis.isolation.examination import shuffled
from maestro_healing.domain.guard import FileChange, check_change
from maestro_healing.domain.model import Policy, Verdict
from maestro_healing.domain.ports import Conditions
from maestro_healing.domain.runs import RunResult

_SHUFFLES = 5
_FIRST_SEED = 1000  # other orders than those that the healing tries


def work(suite: Suite, orders: int) -> list[Result]:
    """A result for each row. What goes wrong is told in it."""
    started = time.monotonic()
    try:
        return list(_work(suite, orders))
    except Exception:  # one suite that cannot be run must not end the others
        seconds = time.monotonic() - started
        return [_result(row, UNSEEN, seconds, error=traceback.format_exc()) for row in suite.rows]


def _work(suite: Suite, orders: int) -> Iterator[Result]:
    usual = suite.run()
    places = Places(suite.root, suite.root, suite.root, suite.python)
    started = time.monotonic()
    healing = heal(places, suite.files, suite.pytest_args, Policy(orders=orders))
    seconds = time.monotonic() - started
    told = {test.test: test for test in healing.tests}
    judge = _Judge(suite, usual, healing)
    for row in suite.rows:
        healed = told.get(row.test)
        if row.test not in usual.outcomes:
            yield _result(row, UNSEEN, 0.0, said="its release has no such test")
        elif healed is None:
            yield _result(row, "PASSED", 0.0, said="it passed in every order that was tried")
        else:
            yield judge.result(row, healed, seconds / len(told), healing.own_seconds)


def named(sentences: Iterable[str], tests: Sequence[str]) -> tuple[str, ...]:
    """The tests that the evidence names as those that one depends on."""
    for sentence in sentences:
        found = re.search(r"(?:fails|passes) after (.*?)(?:, found by bisection|\.$)", sentence)
        if found:
            return tuple(test for test in found[1].split(", ") if test in tests)
    return ()


class _Judge:
    """Runs both patches in orders that the healing did not try."""

    def __init__(self, suite: Suite, usual: RunResult, healing: Healing) -> None:
        self._suite = suite
        self._usual = usual
        self._tests = usual.collected
        self._patches = healing.patches
        self._overlays: dict[Verdict, Mapping[str, bytes]] = {}
        self._runs: dict[Verdict, Mapping[Conditions, RunResult]] = {}
        self._weakenings: dict[Verdict, list[str]] = {}

    def result(self, row: Row, healed: Healed, seconds: float, own_seconds: float) -> Result:
        """What was said of a row, and whether that is right."""
        others = named((*healed.evidence, healed.reason), self._tests)
        found = list(self._complaints(row, healed, others)) if healed.verdict in self._patches else None
        return replace(
            _result(row, healed.verdict, seconds, "; ".join(found or ()) or healed.reason),
            healed_by=healed.strategy,
            right=None if found is None else not found,
            is_false_heal=bool(found) and healed.verdict is Verdict.HEALED,
            confidence=healed.confidence,
            patch=self._patches.get(healed.verdict, ""),
            evidence=healed.evidence,
            grounds=healed.grounds,
            own_seconds=own_seconds,
            polluters=others,
            is_named=self._is_named(row, others),
        )

    def _is_named(self, row: Row, others: Sequence[str]) -> bool:
        """Whether it comes out otherwise after them; a planted one has to be among them, too."""
        if not others or (row.polluter and row.polluter not in others):
            return False
        alone, after = Conditions((row.test,)), Conditions((*others, row.test))
        found = self._suite.run_each([alone, after], {})
        return found[alone].passes(row.test) != found[after].passes(row.test)

    def _complaints(self, row: Row, healed: Healed, others: Sequence[str]) -> Iterator[str]:
        verdict = healed.verdict
        self._try(verdict)
        yield from self._weakenings[verdict]
        pair = Conditions((*others, row.test)), Conditions((row.test, *others))
        runs = {**self._runs[verdict], **self._suite.run_each(pair, self._overlays[verdict])}
        failing = [conditions for conditions, result in runs.items() if not result.passes(row.test)]
        if failing:
            yield f"fails in {len(failing)} of {len(runs)} orders"
        harmed = [test for test in self._passing(row) if not runs[Conditions(self._tests)].passes(test)]
        if harmed:
            yield f"makes {harmed[0]} fail"

    def _passing(self, row: Row) -> Iterator[str]:
        known = self._usual.outcomes
        return (test for test, outcome in known.items() if outcome.passed and test != row.test)

    def _try(self, verdict: Verdict) -> None:
        if verdict in self._runs:
            return
        root, patch = self._suite.root, self._patches[verdict]
        texts = changed(patch, lambda path: (root / path).read_bytes()) if patch else {}
        seeds = range(_FIRST_SEED, _FIRST_SEED + _SHUFFLES)
        orders = chain((self._tests, self._tests[::-1]), (shuffled(self._tests, seed) for seed in seeds))
        changes = [FileChange.decode(path, (root / path).read_bytes(), text) for path, text in texts.items()]
        self._overlays[verdict] = texts
        self._runs[verdict] = self._suite.run_each([Conditions(tuple(order)) for order in orders], texts)
        self._weakenings[verdict] = [finding.message for finding in check_change(changes)]


def _result(row: Row, verdict: str, seconds: float, said: str = "", error: str = "") -> Result:
    """Of a row with no patch."""
    return Result(*row.key, Truth.STALE, str(verdict), "", None, said, seconds, error=error, test=row.test)
