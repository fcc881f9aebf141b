"""Finds which mutants of the product each test kills through an assertion, as the plan that
MAESTRO_MUTANTS_PLAN names says, and writes it to the JSON-lines file that MAESTRO_MUTANTS_FILE names.

`python -m maestro_mutants [pytest's arguments]`, in the interpreter of the project under test: the standard
library and pytest >= 6.1, Python >= 3.8. Everything is imported and collected once; then each mutant gets a
process that is forked from there, so that none sees another.

The plan: `units` (a name, and the tests that stand for it, by their ids or those of functions of many cases:
a unit kills a mutant when one of its tests does),
`files` of the product, `lines` that may be mutated (by file, ranges from first to last; null: all), `wanted`
mutants by unit (null: a sample of `sample` for each), `seconds` for all of it, and `workers`.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import forks
from .choice import Program
from .swap import Swap, imported, live_functions
from .trials import ASSERTION, CRASH, PASSED, Baseline, Trial

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .choice import Chosen

UNCOVERED, SKIPPED = "uncovered", "skipped"
_BASELINE_SHARE = 0.5
_DOCTESTS = ("DocTestFailure", "MultipleDoctestFailures")


class Driver:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, plan: dict[str, Any], answer: Path) -> None:
        self.plan = plan
        self.answer = answer
        self.started = time.monotonic()
        self.workers = 1 if plan["alone"] else len(os.sched_getaffinity(0))
        self.files = {path: os.path.realpath(path) for path in plan["files"]}
        self.items: dict[str, pytest.Item] = {}
        self.outcomes: list[str] = []

    def write(self, **record: object) -> None:
        with self.answer.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {_text(item.nodeid): item for item in session.items}
        self.cases: dict[str, list[str]] = {}
        for id in self.items:
            self.cases.setdefault(id.partition("[")[0], []).append(id)
        self.units = {unit: self._cases(tests) for unit, tests in self.plan["units"].items()}
        gc.collect()
        functions = live_functions(self.files.values())
        gc.freeze()  # or each child would copy the pages that its first collection looks at
        self.swap = Swap(functions, imported(self.files.values()))
        baseline = self._baseline()
        self._try(self._covered(baseline), baseline)
        return True

    def _cases(self, tests: list[str]) -> list[str]:
        """The ids of tests, those of all cases where only a function is named."""
        return [
            id for test in tests for id in ([test] if test in self.items else self.cases.get(test, [test]))
        ]

    def _baseline(self) -> list[Baseline]:
        """The tests as they are, in as many processes as there may be."""
        tests = [t for ids in self.units.values() for t in ids if t in self.items]
        tests = list(dict.fromkeys(tests))
        most = self.plan["seconds"] * _BASELINE_SHARE
        size = -(-len(tests) // self.workers)
        tasks = [
            Baseline(tests[first : first + size], self.run, self.files, most)
            for first in range(0, len(tests), size or 1)
        ]
        forks.run(iter(tasks), self.workers, self.started + most)
        return tasks

    def _covered(self, baseline: list[Baseline]) -> dict[str, dict[str, set[int]]]:
        """The lines of the product that each unit runs; what is known of each is written down."""
        outcomes = {test: outcome for task in baseline for test, outcome in task.outcomes.items()}
        lines = {test: found for task in baseline for test, found in task.lines.items()}
        covered: dict[str, dict[str, set[int]]] = {}
        for unit, tests in self.units.items():
            here = [test for test in tests if test in self.items]
            passed = [test for test in here if outcomes.get(test) == PASSED]
            late = sum(test not in outcomes for test in here)
            for test in passed:
                of_unit = covered.setdefault(unit, {})
                for path, seen in lines[test].items():
                    of_unit.setdefault(path, set()).update(seen)
            runs = sum(len(seen) for seen in covered.get(unit, {}).values())
            self.write(kind="unit", unit=unit, tests=len(here), passed=len(passed), late=late, lines=runs)
        return covered

    def _try(self, covered: dict[str, dict[str, set[int]]], baseline: list[Baseline]) -> None:
        program, wanted = Program(self.files, covered), self.plan["wanted"]
        if wanted is None:
            missed: list[tuple[str, Any]] = []
            chosen = program.sample(self.plan["sample"], self.plan["lines"])
        else:
            chosen, missed = program.wanted({unit: wanted[unit] for unit in covered})
        for unit in self.units:
            here = [place for other, place in missed if other == unit]
            planned = sum(unit in one.units for one in chosen) + len(here)
            self.write(kind="planned", unit=unit, mutants=planned)
            for place in here:
                self.write(kind="mutant", unit=unit, place=place, outcome=UNCOVERED)
        seconds = {test: took for task in baseline for test, took in task.seconds.items()}
        passed = {test for task in baseline for test, one in task.outcomes.items() if one == PASSED}
        tests = {unit: [t for t in ids if t in passed] for unit, ids in self.units.items()}
        trials = (
            _Written(one, [(u, t) for u in one.units for t in tests[u]], seconds, self) for one in chosen
        )
        forks.run(trials, self.workers, self.started + self.plan["seconds"])

    def run(self, test: str) -> str:
        """What a test does, in this process."""
        item = self.items[test]
        reporter = item.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:  # what a child says is nobody's business
            item.config.pluginmanager.unregister(reporter)
        self.outcomes = []
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        failed = [outcome for outcome in self.outcomes if outcome not in (PASSED, SKIPPED)]
        if failed:
            return failed[0]
        return PASSED if PASSED in self.outcomes and SKIPPED not in self.outcomes else SKIPPED

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, None]:
        outcome = yield
        report = outcome.get_result()
        if report.when == "setup":
            self.outcomes = []  # a plugin that tries again begins anew
        if report.failed:
            self.outcomes.append(self._kind(call.excinfo.value) if call.excinfo is not None else CRASH)
        elif report.skipped or hasattr(report, "wasxfail"):
            self.outcomes.append(SKIPPED)
        elif report.when == "call":
            self.outcomes.append(PASSED)

    def _kind(self, error: BaseException) -> str:
        """An assertion of the test, or something that went wrong on the way to one."""
        parts = getattr(error, "exceptions", None)
        if isinstance(parts, (tuple, list)) and any(self._kind(part) == ASSERTION for part in parts):
            return ASSERTION
        if isinstance(error, pytest.fail.Exception) or type(error).__name__ in _DOCTESTS:
            return ASSERTION
        if not isinstance(error, AssertionError):
            return CRASH
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        raised_in = os.path.realpath(last.tb_frame.f_code.co_filename) if last is not None else ""
        return CRASH if raised_in in self.files.values() else ASSERTION


class _Written(Trial):
    """A trial whose outcome is written down."""

    def __init__(
        self, chosen: Chosen, tests: list[tuple[str, str]], seconds: dict[str, float], driver: Driver
    ) -> None:
        super().__init__(chosen, tests, seconds, driver.run, driver.swap)
        self._driver = driver

    def ended(self, in_time: bool) -> forks.Task | None:
        rest = super().ended(in_time)
        if rest is None:
            line = self.chosen.source.text.lines[self.chosen.mutant.start[0] - 1]
            for unit in self.chosen.units:
                self._driver.write(
                    kind="mutant",
                    unit=unit,
                    place=self.chosen.place,
                    outcome=self.outcome(unit),
                    operator=self.chosen.mutant.operator,
                    line=line.decode("utf-8", "replace").strip(),
                )
        return rest


def _text(nodeid: str) -> str:
    """The id as the probe writes it."""
    return nodeid.encode("utf-8", "backslashreplace").decode("utf-8")


def _arguments() -> Iterator[str]:
    """What keeps plugins from running tests elsewhere, or from tracing them too."""
    for module, argument in (("xdist", "-n0"), ("pytest_cov", "--no-cov")):
        if importlib.util.find_spec(module) is not None:
            yield argument


def main() -> None:
    plan = json.loads(Path(os.environ["MAESTRO_MUTANTS_PLAN"]).read_text(encoding="utf-8"))
    driver = Driver(plan, Path(os.environ["MAESTRO_MUTANTS_FILE"]))
    files = dict.fromkeys(test.partition("::")[0] for ids in plan["units"].values() for test in ids)
    present = [path for path in files if Path(path).exists()]
    # nobody reads why a test fails, so that nothing is spent on telling it well
    quick = ["--assert=plain", "--tb=no"]
    arguments = ["-p", "no:cacheprovider", "--continue-on-collection-errors", *quick, *_arguments()]
    sys.exit(pytest.main([*arguments, *sys.argv[1:], *present], plugins=[driver]))


if __name__ == "__main__":
    main()
