"""The rule: of the mutants that the old test killed through an assertion on the old code, the new test kills
nearly all on the new code. Of lines that both revisions have, and that it runs in both.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from maestro_healing.domain.mutation.answers import NO_ANSWER, Answer, Outcome, Plan, Units, read_answers
from maestro_healing.domain.mutation.kept import ENOUGH, Kept
from maestro_healing.domain.mutation.lines import CommonLines, Place
from maestro_healing.domain.ports import Runner, RunRequest, Side
from maestro_healing.domain.services import Needed
from maestro_healing.domain.sources import Project

# The old tests get more of the time that is left: they are tried on more mutants than the new ones.
_BASE_SHARE = 0.6
_LEAST_SECONDS = 1.0
# For a second look at a loss, be there time left or not: a wrong one costs a heal.
_SECONDS_OF_DOUBT = 30.0
# What a job may take beside the time of its plan: it starts, collects, and ends what runs.
_SPARE_SECONDS = 60.0
_LOST = (Outcome.SURVIVED, Outcome.CRASH)


class MutationCheck:
    """One for each healing: what was found is kept, and so is count of the time that is left."""

    def __init__(
        self,
        runner: Runner,
        project: Project,
        pytest_args: tuple[str, ...],
        seconds: float,
        services: tuple[Needed, ...] = (),
        budget: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """`project` has a base; `seconds` is for everything that is asked of the check; `services` stand
        beside each run; `budget` tells the seconds that the whole healing has left.
        """
        self._budget = budget
        self._services = services
        self._runner = runner
        self._project = project
        self._pytest_args = pytest_args
        self._left = seconds
        self._lines: CommonLines | None = None
        self._old: dict[str, Answer] = {}
        self._judged: dict[tuple[str, str], Kept] = {}

    async def judge(
        self, units: Units, overlay: Mapping[str, bytes], before: Units | None = None
    ) -> Mapping[str, Kept]:
        """What each unit of tests on the head with the overlay keeps of what it killed on the base.

        `before` holds the tests of each on the base, where they have other ids there.
        """
        content = _digest(overlay)
        rest = {unit: tests for unit, tests in units.items() if (unit, content) not in self._judged}
        if rest:
            started = time.monotonic()
            for unit, kept in (await self._judge(rest, before or units, overlay)).items():
                self._judged[unit, content] = kept
            self._left -= time.monotonic() - started
        return {unit: self._judged[unit, content] for unit in units}

    async def _judge(self, units: Units, before: Units, overlay: Mapping[str, bytes]) -> dict[str, Kept]:
        self._left = min(self._left, self._budget())
        if self._left < _LEAST_SECONDS:
            return dict.fromkeys(units, Kept(late=True))
        until = time.monotonic() + self._left
        lines = await self._common()
        if fresh := {unit: before[unit] for unit in units if unit not in self._old}:
            plan = Plan(fresh, lines.old_paths, self._left * _BASE_SHARE, lines=lines.ranges)
            answers = await self._ask(Side.BASE, {}, plan)
            self._old |= {unit: answers.get(unit, NO_ANSWER) for unit in fresh}
        killed = {unit: self._old[unit].killed for unit in units if self._old[unit].passed}
        new = await self._on_head(units, killed, overlay, until - time.monotonic())
        kept = {unit: _kept(self._old[unit], new.get(unit, Answer())) for unit in units}
        doubtful = {unit: new[unit] for unit, one in kept.items() if not one.holds and not one.blind}
        if doubtful:
            for unit, answer in (await self._again(units, before, doubtful, overlay)).items():
                kept[unit] = _kept(self._old[unit], answer)
        return kept

    async def _on_head(
        self,
        units: Units,
        killed: Mapping[str, Sequence[Place]],
        overlay: Mapping[str, bytes],
        seconds: float,
        alone: bool = False,
    ) -> dict[str, Answer]:
        """The new tests on the mutants that the old ones killed, where there are any."""
        lines = await self._common()
        wanted = {
            unit: [moved for place in places if (moved := lines.moved(place)) is not None]
            for unit, places in killed.items()
        }
        # One that kills nothing is run once all the same: does it still run the product?
        asked = {unit: units[unit] for unit, places in wanted.items() if places or not alone}
        plan = Plan(asked, self._project.head.product, max(seconds, 0.0), wanted=wanted, alone=alone)
        answers = await self._ask(Side.HEAD, overlay, plan) if asked else {}
        return {unit: answers.get(unit, NO_ANSWER) for unit in asked}

    async def _again(
        self,
        units: Units,
        before: Units,
        doubtful: Mapping[str, Answer],
        overlay: Mapping[str, bytes],
    ) -> dict[str, Answer]:
        """A second look at what was lost, one process at a time: only what happens twice counts."""
        lines = await self._common()
        wanted = {
            unit: [lines.moved_back(tried.place) for tried in answer.with_outcome(*_LOST)]
            for unit, answer in doubtful.items()
        }
        some = {unit: units[unit] for unit in doubtful}
        once = {unit: before[unit] for unit in doubtful}
        plan = Plan(once, lines.old_paths, _SECONDS_OF_DOUBT, wanted=wanted, alone=True)
        old = await self._ask(Side.BASE, {}, plan)
        killed = {unit: old[unit].killed for unit in some if unit in old}
        new = await self._on_head(some, killed, overlay, _SECONDS_OF_DOUBT, alone=True)
        spared = {
            (unit, lines.moved(tried.place))
            for unit, answer in old.items()
            for tried in answer.tried
            if tried.outcome is not Outcome.ASSERTION
        }
        killing = {(unit, place) for unit, answer in new.items() for place in answer.killed}
        return {
            unit: replace(
                answer,
                tried=[
                    replace(tried, outcome=Outcome.ASSERTION) if (unit, tried.place) in killing else tried
                    for tried in answer.tried
                    if (unit, tried.place) not in spared
                ],
            )
            for unit, answer in doubtful.items()
        }

    async def _ask(self, side: Side, overlay: Mapping[str, bytes], plan: Plan) -> dict[str, Answer]:
        timeout = min(plan.seconds + _SPARE_SECONDS, max(self._budget(), _LEAST_SECONDS))
        request = RunRequest(side, overlay, (), self._pytest_args, timeout, plan.encode(), self._services)
        answers = read_answers(await self._runner.mutate(request))
        if plan.wanted is None:
            return answers
        # the tests can write to the file, too: what nobody asked for is left out
        return {
            unit: replace(answer, tried=[t for t in answer.tried if t.place in plan.wanted.get(unit, ())])
            for unit, answer in answers.items()
        }

    async def _common(self) -> CommonLines:
        if self._lines is None:
            assert self._project.base is not None
            self._lines = await asyncio.to_thread(CommonLines.of, self._project.base, self._project.head)
        return self._lines


def _kept(old: Answer, new: Answer) -> Kept:
    if NO_ANSWER in (old, new):
        return Kept(reason="the tests could not be tried on mutants with their interpreter")
    if not old.passed and not old.late:
        return Kept(reason="the old test does not pass where it is to be tried on mutants")
    if old.killed and not new.passed and not new.late:
        return Kept(reason="the new test does not pass where it is to be tried on mutants")
    if old.lines and new.passed and new.lines == 0:
        return Kept(blind=True)
    judged = new.with_outcome(Outcome.ASSERTION, *_LOST)
    late = old.late or new.late or bool(new.with_outcome(Outcome.TIMEOUT))
    if old.killed and not judged and not late:
        return Kept(reason="the new test runs none of the lines on which the old one kills mutants")
    lost = tuple(sorted(tried.shown for tried in new.with_outcome(*_LOST)))
    return Kept(len(judged), lost, late and len(judged) < ENOUGH)


def _digest(overlay: Mapping[str, bytes]) -> str:
    hashed = hashlib.blake2b()
    for path, content in sorted(overlay.items()):
        hashed.update(f"{path}\0{len(content)}\0".encode())
        hashed.update(content)
    return hashed.hexdigest()
