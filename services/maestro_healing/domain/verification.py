"""Proves edits: tests pass in fresh processes, their neighbours do as before,
the guard has nothing against it.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from maestro_healing.domain.importers import dependents
from maestro_healing.domain.model import Policy, Stage
from maestro_healing.domain.mutation import MutationCheck
from maestro_healing.domain.patient import Patient
from maestro_healing.domain.ports import Conditions, Guard
from maestro_healing.domain.review import weakenings
from maestro_healing.domain.runs import COLLECT, Outcome, RunResult
from maestro_healing.domain.session import BUDGET_RAN_OUT, Session
from maestro_healing.domain.workbench import Workbench

_MOST_ATTEMPTS = 4


async def verify(
    session: Session,
    bench: Workbench,
    guard: Guard,
    patients: Sequence[Patient],
    first: RunResult,
    policy: Policy,
    mutation: MutationCheck | None = None,
    orders: Sequence[Conditions] = (),
) -> dict[str, str]:
    """Takes back every edit that does not hold; answers with the final text of each edited file."""
    for _ in range(_MOST_ATTEMPTS):
        healed = [patient for patient in patients if patient.passes]
        texts = bench.texts(attempt for patient in healed for attempt in patient.attempts)
        if not healed or not texts:
            return texts
        if _object(guard, bench, texts, healed):
            continue
        await session.tell(Stage.VERIFY, f"Proves {len(healed)} healed tests and their neighbours")
        overlay = bench.overlay(texts)
        flaky = [patient for patient in healed if patient.dependence is not None]
        # What one test leaves may be what another one, anywhere, needs.
        files = _files(first) if flaky else dependents(texts, bench.originals)
        result = await session.run(overlay, files)
        if _cut_off(session, healed, [result]):
            return {}
        if _unsettled(healed, [result]) | _disturbed(healed, first, result, files, bench):
            continue
        proofs = dict.fromkeys((*(patient.conditions for patient in flaky), *(orders if flaky else ())))
        proved = await session.run_under_each(proofs, overlay)
        if _cut_off(session, healed, proved):
            return {}
        if _unsettled_under(flaky, zip(proofs, proved, strict=True)):
            continue
        again = [session.run(overlay, [p.test for p in healed]) for _ in range(policy.verify_runs - 1)]
        results = await asyncio.gather(*again)
        if _cut_off(session, healed, results):
            return {}
        if _unsettled(healed, results):
            continue
        if mutation is None or not await _weakened(session, mutation, healed, overlay):
            return texts
    for patient in patients:
        if patient.passes:
            patient.give_up("the edits did not hold when they were verified together")
    return {}


def _cut_off(session: Session, healed: Iterable[Patient], results: Iterable[RunResult]) -> bool:
    """Gives up what could not be proved in the budget."""
    if not (session.is_over and any(result.timed_out for result in results)):
        return False
    for patient in healed:
        if patient.attempts:  # what passes with a service alone needs no proof of an edit
            patient.give_up(BUDGET_RAN_OUT)
    return True


def _object(guard: Guard, bench: Workbench, texts: Mapping[str, str], healed: Iterable[Patient]) -> bool:
    """Gives up the patients whose edits the guard objects to."""
    objected = False
    for finding in weakenings(guard, bench.originals, texts):
        for patient in _editors(finding.file, healed):
            patient.give_up(f"the guard objects to the edit: {finding.message}")
            objected = True
    return objected


async def _weakened(
    session: Session, mutation: MutationCheck, healed: Sequence[Patient], overlay: Mapping[str, bytes]
) -> bool:
    """Gives up the patients that no longer fail where they did; each learns what it keeps."""
    comparable = {p.test: p for p in healed if p.passed_at_base and p.dependence is None}
    if not comparable:
        return False
    await session.tell(Stage.VERIFY, f"Tries {len(comparable)} healed tests on mutants of the product")
    units = {test: patient.tests_at_base for test, patient in comparable.items()}
    found = False
    for test, kept in (await mutation.judge(units, overlay)).items():
        comparable[test].kept = kept
        if not kept.holds:
            comparable[test].give_up(kept.loss)
            found = True
    return found


def _editors(path: str, patients: Iterable[Patient]) -> list[Patient]:
    return [p for p in patients if p.passes and any(path in attempt.scopes for attempt in p.attempts)]


def _unsettled(healed: Iterable[Patient], results: Iterable[RunResult]) -> bool:
    """Gives up the patients that did not pass in every run."""
    found = False
    for result in results:
        for patient in healed:
            if patient.passes and not _passes(patient, result):
                patient.give_up("it passed with the edit once, and then did not")
                found = True
    return found


def _unsettled_under(flaky: Iterable[Patient], results: Iterable[tuple[Conditions, RunResult]]) -> bool:
    """Gives up the patients that fail under one of the conditions that they take part in."""
    found = False
    for conditions, result in results:
        for patient in flaky:
            is_in = patient.test in conditions.order
            if is_in and patient.passes and not result.passes(patient.test):
                patient.give_up("with the edit it still fails in another order of the tests")
                found = True
    return found


def _files(result: RunResult) -> list[str]:
    return sorted({test.partition("::")[0] for test in result.outcomes})


def _passes(patient: Patient, result: RunResult) -> bool:
    outcome = result.outcomes.get(patient.test)
    if outcome is None and patient.failure.phase == COLLECT:
        return any(o.passed for test, o in result.outcomes.items() if test.startswith(f"{patient.test}::"))
    return outcome is not None and outcome.passed


def _disturbed(
    healed: Sequence[Patient], first: RunResult, result: RunResult, files: Collection[str], bench: Workbench
) -> bool:
    """Gives up the patients whose edits make a neighbour fail, or let cases vanish."""
    before = {test: o for test, o in first.outcomes.items() if test.partition("::")[0] in files}
    for patient in healed:
        if patient.failure.phase == COLLECT and patient.base is not None:
            outcomes = patient.base.outcomes
            before |= {test: o for test, o in outcomes.items() if test.startswith(f"{patient.test}::")}
    fewer = Counter(_function(test) for test in before if test not in files)
    fewer.subtract(Counter(_function(test) for test in result.outcomes))
    found = False
    harmed = {test for test, outcome in before.items() if _harms(outcome, result.outcomes.get(test), first)}
    lost = {test for test, count in fewer.items() if count > 0}
    for test in sorted(harmed | lost):
        file = test.partition("::")[0]
        editors = _editors(file, healed) or [p for p in healed if p.passes]
        word = "makes cases vanish of" if test in lost else "makes fail its neighbour"
        for patient in editors:
            patient.give_up(f"its edit {word} {test}")
            found = True
    return found


def _harms(before: Outcome, after: Outcome | None, first: RunResult) -> bool:
    known = first.outcomes.get(before.test)
    return known is not None and known.passed and after is not None and not after.passed


def _function(test: str) -> str:
    return test.partition("[")[0]
