"""Gives tests the database or cache that they could not reach, and looks what becomes of them."""

from collections.abc import Mapping, Sequence

from maestro_healing.domain.diagnosis.missing_services import is_missing, missing_services
from maestro_healing.domain.model import Stage
from maestro_healing.domain.patient import Patient
from maestro_healing.domain.session import Session
from maestro_healing.domain.sources import Project

RUNS = 3


async def provide(session: Session, texts: Mapping[str, str], patients: Sequence[Patient]) -> None:
    """Where tests miss a service, every run from now on has it. What passes with it, passes; what fails
    otherwise fails of that, at both revisions. Nothing runs where none is missed.
    """
    sources = _involved(session.project, texts, patients)
    needy = [patient for patient in patients if is_missing(patient.failure, sources)]
    services = missing_services((patient.failure for patient in needy), sources)
    if not services:
        return
    names = " and ".join(needed.said for needed in services)
    await session.tell(Stage.RUN, f"Runs {len(needy)} tests with {names} beside them")
    session.services = services
    tests = [patient.test for patient in needy]
    result = await session.run({}, tests)
    if result.unavailable:
        session.services = ()
        for patient in needy:
            patient.objection = f"it needs {names}, which can't be had: {result.unavailable}"
        return
    again = [await session.run({}, tests) for _ in range(RUNS - 1)]
    failures = {failure.test: failure for failure in result.failures()}
    base = await session.base_run([patient.failure for patient in needy])
    for patient in needy:
        patient.base = base
        patient.services = services
        outcomes = [run.outcomes.get(patient.test) for run in (result, *again)]
        if all(outcome is not None and outcome.passed for outcome in outcomes):
            patient.passes = True
            patient.is_provided = True
        elif patient.test in failures:
            patient.failure = failures[patient.test]


def _involved(project: Project, texts: Mapping[str, str], patients: Sequence[Patient]) -> Mapping[str, str]:
    """The sources that may say how a service is reached: those of the tests, and of the product."""
    if not any(_may_miss(patient) for patient in patients):
        return {}
    product = {path: text for path in project.head.product if (text := project.head.text(path)) is not None}
    return {**product, **texts}


def _may_miss(patient: Patient) -> bool:
    failure = patient.failure
    return failure.is_a("OSError", "KeyError") or not failure.type.startswith("builtins.")
