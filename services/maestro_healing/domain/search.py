"""Tries proposals until tests pass: the next failure hides behind the first."""

from collections.abc import Iterator, Mapping, Sequence

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.isolation.reordering import is_reordered
from maestro_healing.domain.model import Stage
from maestro_healing.domain.patient import Patient, Step
from maestro_healing.domain.ports import AS_IT_IS, Conditions, Guard
from maestro_healing.domain.review import weakenings
from maestro_healing.domain.runs import COLLECT, RunResult, TestFailure
from maestro_healing.domain.session import BUDGET_RAN_OUT, Session
from maestro_healing.domain.strategies.strategy import FLAKY, TIMING, Case, Proposal, Strategy
from maestro_healing.domain.workbench import Attempt, Workbench

_MOST_ROUNDS = 20
_MOST_STEPS = 12


class Search:
    """Goes depth first for each test, and runs all tests of a round together."""

    def __init__(
        self,
        session: Session,
        bench: Workbench,
        change: ProductChange,
        guard: Guard,
        strategies: Sequence[Strategy],
        python: str,
    ) -> None:
        self._session = session
        self._bench = bench
        self._change = change
        self._guard = guard
        self._strategies = strategies
        self._python = python
        self.patients: list[Patient] = []

    async def run(self, patients: Sequence[Patient]) -> None:
        """Leaves each patient with the attempts that make it pass, or with none.

        A second call goes on with more of them, in the place of those of the same tests.
        """
        tests = {patient.test for patient in patients}
        self.patients = [*(p for p in self.patients if p.test not in tests), *patients]
        for patient in patients:
            if patient.refusal is None and not patient.passes:
                patient.steps = [Step(patient.failure, self._proposals(patient, patient.failure, {}))]
        for number in range(1, _MOST_ROUNDS + 1):
            at_work = [p for p in self.patients if self._session.has_time and self._advance(p)]
            if not self._session.has_time:
                self._give_up(BUDGET_RAN_OUT)
                return
            if not at_work:
                return
            await self._session.tell(
                Stage.PROPOSE, f"Round {number}: edits for {len(at_work)} tests", number, _MOST_ROUNDS
            )
            texts = self._bench.texts(self._attempts())
            results = await self._results(at_work, self._bench.overlay(texts))
            for patient in at_work:
                self._look(patient, results[patient.conditions], texts)
        self._give_up("the search for an edit went on too long")

    def _give_up(self, objection: str) -> None:
        for patient in self.patients:
            if patient.steps and not patient.passes:
                patient.give_up(objection)

    def unexplained(self) -> list[TestFailure]:
        """Failures that were seen once: nothing explains them, and no run for an edit showed them again; and
        those of things in another order, which hashes may have given them whatever makes the test pass.

        Not the test in which the run itself ended: to see that again may take as long again.
        """
        return [
            patient.failure
            for patient in self.patients
            if patient.refusal is None
            and patient.failure.phase != COLLECT
            and not patient.failure.is_cut_off
            and (is_reordered(patient.failure) or not (patient.passes or patient.fails_again))
        ]

    async def _results(
        self, patients: Sequence[Patient], overlay: Mapping[str, bytes]
    ) -> Mapping[Conditions, RunResult]:
        """A run for all that fail as the tests run by themselves, one for each other set of conditions."""
        results = {}
        plain = [patient.test for patient in patients if patient.conditions == AS_IT_IS]
        if plain:
            results[AS_IT_IS] = await self._session.run(overlay, plain)
        others = dict.fromkeys(patient.conditions for patient in patients if patient.conditions != AS_IT_IS)
        runs = await self._session.run_under_each(others, overlay)
        return {**results, **dict(zip(others, runs, strict=True))}

    def _attempts(self) -> list[Attempt]:
        return [attempt for patient in self.patients for attempt in patient.attempts]

    def _proposals(self, patient: Patient, failure: TestFailure, texts: dict[str, str]) -> Iterator[Proposal]:
        timing = patient.timing if failure is patient.failure else None
        case = Case(
            failure,
            {**self._bench.originals, **texts},
            self._python,
            timing,
            patient.services,
            patient.dependence,
        )
        # What a test expects is not at fault where it only looked too early, or where other tests are.
        only = FLAKY if patient.dependence is not None else TIMING if timing is not None else ""
        for strategy in self._strategies:
            if only in ("", strategy.info.id):
                yield from strategy.propose(case, self._change)

    def _advance(self, patient: Patient) -> bool:
        """Puts the next edit worth a run on the patient; False where it passes, or nothing is left to try."""
        if patient.passes or patient.refusal:
            return False
        while patient.steps:
            step = patient.steps[-1]
            if step.attempt is not None:
                patient.rejected = patient.attempts
                step.attempt = None
            proposal = next(step.proposals, None)
            if proposal is None:
                patient.steps.pop()
                continue
            step.attempt = self._attempt(patient, step.failure, proposal)
            if step.attempt is not None:
                return True
        if not patient.objection and patient.rejected:
            patient.objection = "no edit that was tried makes it pass"
        patient.inherited = ()
        return False

    def _attempt(self, patient: Patient, failure: TestFailure, proposal: Proposal) -> Attempt | None:
        """The attempt, where it changes the file and the guard has nothing against it."""
        before = self._bench.texts(patient.attempts)
        case = Case(failure, {**self._bench.originals, **before}, self._python)
        attempt = Attempt.of(proposal, case)
        after = self._bench.texts((*patient.attempts, attempt))
        if not after or after == before:  # one that takes back another: the test passes without
            return None
        findings = weakenings(self._guard, self._bench.originals, after)
        if findings:
            patient.rejected = (*patient.attempts, attempt)
            patient.objection = f"the guard objects to the edit: {findings[0].message}"
            return None
        return attempt

    def _look(self, patient: Patient, result: RunResult, texts: dict[str, str]) -> None:
        """Passes, fails otherwise (a step further), or fails as before (the edit was no help)."""
        outcome = result.outcomes.get(patient.test)
        if outcome is None and patient.failure.phase == COLLECT and result.finished:
            patient.passes = any(test.startswith(f"{patient.test}::") for test in result.outcomes)
            self._admit_hidden(patient, result, texts)
            return
        if outcome is not None and outcome.passed:
            patient.passes = True
            return
        failure = outcome.failure if outcome is not None else None
        if failure is not None and _signature(failure) == _signature(patient.failure):
            patient.fails_again = True
        is_new = failure is not None and all(
            _signature(failure) != _signature(s.failure) for s in patient.steps
        )
        if failure is not None and is_new and len(patient.steps) < _MOST_STEPS:
            patient.steps.append(Step(failure, self._proposals(patient, failure, texts)))

    def _admit_hidden(self, patient: Patient, result: RunResult, texts: dict[str, str]) -> None:
        """A file that collects again shows the failures of its tests:
        those that base passes become patients.
        """
        known = {p.test for p in self.patients}
        for failure in result.failures():
            if failure.file == patient.test and failure.test not in known:
                hidden = Patient(failure, patient.base, inherited=patient.attempts)
                hidden.steps = [Step(failure, self._proposals(hidden, failure, texts))]
                self.patients.append(hidden)


def _signature(failure: TestFailure) -> tuple[str, str, tuple[tuple[int, str], ...]]:
    """What failed and on which lines: the same check may stand several times in a test."""
    frames = tuple((frame.line, frame.source) for frame in failure.frames if frame.is_inside)
    return failure.type, failure.message, frames
