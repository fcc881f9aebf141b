"""Heals a project: run, diagnose, propose, verify, decide."""

import time
from collections.abc import Sequence
from dataclasses import replace

from maestro_healing.domain.calibration import Calibration
from maestro_healing.domain.changes import unified_patch
from maestro_healing.domain.diagnosis.blame import blame
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence
from maestro_healing.domain.diagnosis.isolation.examination import Examination
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.followup import Followed, later_runs
from maestro_healing.domain.model import Policy, Stage, TestHealing, Verdict
from maestro_healing.domain.mutation import MutationCheck
from maestro_healing.domain.patient import Patient
from maestro_healing.domain.ports import Guard, Listener, Runner, nobody_listens
from maestro_healing.domain.provision import provide
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.rewrite.rule import AnyRule
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.search import Search
from maestro_healing.domain.session import Session
from maestro_healing.domain.sources import Project
from maestro_healing.domain.strategies import BUILT, Strategy
from maestro_healing.domain.strategies.strategy import FLAKY, TIMING
from maestro_healing.domain.strategies.surroundings.missing_variables import is_documented
from maestro_healing.domain.strategies.timing_adjustment import too_slow
from maestro_healing.domain.strategies.waits.measuring import measure
from maestro_healing.domain.verdicts import decide
from maestro_healing.domain.verification import verify
from maestro_healing.domain.workbench import Workbench

__all__ = ["CannotHeal", "Engine"]


class Engine:
    """Holds what all healings share; one engine may heal many projects, one after the other or at once."""

    def __init__(
        self,
        runner: Runner,
        guard: Guard,
        calibration: Calibration | None = None,
        strategies: Sequence[Strategy] = BUILT,
    ) -> None:
        self._runner = runner
        self._guard = guard
        self._calibration = calibration or Calibration()
        self._strategies = strategies

    async def heal(
        self,
        project: Project,
        *,
        tests: Sequence[str] = (),
        pytest_args: Sequence[str] = (),
        policy: Policy | None = None,
        run_timeout: float = 600.0,
        budget: float | None = None,
        heals: Sequence[Followed] = (),
        progress: Listener = nobody_listens,
    ) -> HealingReport:
        """A verdict for each failing test. `run_timeout` is in seconds for one run of the tests, `budget` for
        everything: what it does not come to is UNHEALED. `heals` are earlier ones, to be looked for.

        Raises CannotHeal where the tests cannot be run at all. Cancelling leaves nothing behind.
        """
        started = time.monotonic()
        session = Session(self._runner, project, tuple(pytest_args), run_timeout, progress, budget)
        first = await session.first_run(tuple(tests))
        policy = policy or Policy()
        patients = await self._patients(session, first)
        bench = Workbench(project.head)
        change = ProductChange(project)
        await provide(session, bench.originals, patients)
        await session.tell(Stage.DIAGNOSE, f"{len(patients)} failing tests", total=len(patients))
        await self._time(session, bench, change, patients)
        for patient in patients:
            told = patient.timing is not None or patient.passes or is_documented(patient.failure, change)
            if patient.passed_at_base and not told:
                patient.refusal = blame(patient.failure, change, bench.originals)
        search = Search(session, bench, change, self._guard, self._strategies, first.python)
        await search.run(patients)
        is_asked = any(strategy.info.id == FLAKY for strategy in self._strategies)
        examination = Examination(session, first, policy.orders if is_asked else 0)
        found: list[Dependence] = []
        if session.has_time:
            with session.sparing():
                found = await examination.run(search.unexplained() if is_asked else ())
                if session.is_over:  # runs that were cut off tell nothing
                    found = []
        await search.run([Patient(one.failure, None, dependence=one) for one in found])
        mutation = self._mutation(session, tuple(pytest_args), policy)
        final = await verify(
            session, bench, self._guard, search.patients, first, policy, mutation, examination.orders
        )
        decided = [
            decide(patient, bench, final, self._calibration, policy, project.base is not None)
            for patient in search.patients
        ]
        seconds = time.monotonic() - started
        share = seconds / max(len(decided), 1)
        results = []
        causes: dict[tuple[AnyRule, ...], str] = {}
        for number, (patient, made) in enumerate(zip(search.patients, decided, strict=True), 1):
            cause = causes.setdefault(patient.rules, f"c{len(causes) + 1}")
            result = _finished(made, bench, share, cause)
            results.append(result)
            await session.tell(Stage.DECIDE, f"{result.test}: {result.verdict}", number, len(decided), result)
        edited = {edit.path for result in results for edit in result.edits}
        originals = {path: bench.originals[path] for path in sorted(edited)}
        total = len(first.outcomes)
        passed = sum(outcome.passed for outcome in first.outcomes.values())
        later = tuple(later_runs(heals, project.head, first))
        return HealingReport(tuple(results), total, passed, time.monotonic() - started, originals, later)

    def _mutation(
        self, session: Session, pytest_args: tuple[str, ...], policy: Policy
    ) -> MutationCheck | None:
        """The check that a heal keeps what its test killed, where there is a base to compare with."""
        if session.project.base is None or not policy.mutation_seconds:
            return None
        seconds, services = policy.mutation_seconds, session.services
        return MutationCheck(
            self._runner, session.project, pytest_args, seconds, services, lambda: session.seconds_left
        )

    async def _time(
        self, session: Session, bench: Workbench, change: ProductChange, patients: Sequence[Patient]
    ) -> None:
        """Finds the tests that look too early, and those that are right to."""
        if not any(strategy.info.id == TIMING for strategy in self._strategies):
            return
        failures = (patient.failure for patient in patients if not patient.passes)
        found = await measure(session, bench.originals, change, failures)
        for patient in patients:
            patient.timing = found.get(patient.test)
            if patient.timing is not None:
                patient.refusal = too_slow(patient.timing, change)

    async def _patients(self, session: Session, first: RunResult) -> list[Patient]:
        failures = list(first.failures())
        base = await session.base_run(failures) if failures else None
        return [Patient(failure, base) for failure in failures]


def _finished(made: TestHealing, bench: Workbench, seconds: float, cause: str) -> TestHealing:
    """With its diff, its share of the wall time, and what tells its cause from others where it is edited."""
    diff = unified_patch(bench.originals, made.edits)
    edits = () if made.verdict in (Verdict.REFUSED, Verdict.UNHEALED) else made.edits
    return replace(made, diff=diff, edits=edits, seconds=round(seconds, 3), cause=cause if edits else "")
