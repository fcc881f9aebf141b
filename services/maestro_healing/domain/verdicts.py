"""From what was tried to what is said."""

from collections.abc import Mapping

from maestro_healing.domain.calibration import Calibration, has_witness, judge
from maestro_healing.domain.model import Evidence, EvidenceKind, Policy, TestHealing, Verdict
from maestro_healing.domain.patient import Patient
from maestro_healing.domain.provision import RUNS
from maestro_healing.domain.services import given, wanted
from maestro_healing.domain.strategies.strategy import PROVIDING
from maestro_healing.domain.workbench import Workbench


def decide(
    patient: Patient,
    bench: Workbench,
    final: Mapping[str, str],
    calibration: Calibration,
    policy: Policy,
    has_base: bool,
) -> TestHealing:
    """The verdict of one test, with the sentences that support it."""
    headline = patient.failure.headline
    if patient.refusal is not None:
        refusal = patient.refusal
        return TestHealing(
            patient.test,
            Verdict.REFUSED,
            review=True,
            evidence=refusal.evidence,
            reason=refusal.reason,
            failure=headline,
        )
    if not patient.passes:
        return _unhealed(patient, bench)
    if patient.is_provided:
        return _provided(patient, calibration)
    proved = Evidence(
        EvidenceKind.VERIFIED,
        f"With the edit it passes in {max(policy.verify_runs, 1)} fresh processes, its neighbours as before; "
        "the guard finds no weakening.",
    )
    grounds = [frozenset(e.kind for e in (*a.proposal.evidence, proved)) for a in patient.attempts]
    confidence, weakest = min(
        ((calibration.confidence(kinds), sorted(kinds)) for kinds in grounds), default=(0.0, [])
    )
    is_witnessed = all(has_witness(attempt.proposal.evidence) for attempt in patient.attempts)
    verdict, review = judge(confidence, policy, has_base and patient.passed_at_base and is_witnessed)
    kept = patient.kept
    if kept is not None and kept.needs_review and verdict is not Verdict.UNHEALED:
        review = True
    strategies = [attempt.proposal.strategy for attempt in patient.attempts]
    sentences = dict.fromkeys(e.sentence for a in patient.attempts for e in a.proposal.evidence)
    opening = _opening(patient)
    edits = bench.edits_of(patient.attempts, final)
    return TestHealing(
        patient.test,
        verdict,
        strategies[-1],
        confidence,
        review,
        (
            *dict.fromkeys((*opening, *sentences)),
            proved.sentence,
            *([kept.sentence] if kept is not None else []),
        ),
        tuple(weakest),
        f"confidence {confidence:.2f} is below {policy.propose_at:.2f}"
        if verdict is Verdict.UNHEALED
        else "",
        failure=headline,
        edits=edits,
    )


def _unhealed(patient: Patient, bench: Workbench) -> TestHealing:
    rejected = patient.rejected
    cause = patient.dependence.said if patient.dependence is not None else ""
    reason = patient.objection or cause or f"no strategy applies: {patient.failure.headline}"
    return TestHealing(
        patient.test,
        Verdict.UNHEALED,
        rejected[-1].proposal.strategy if rejected else None,
        evidence=(*_opening(patient), *([cause] if cause and patient.objection else [])),
        reason=reason,
        failure=patient.failure.headline,
        edits=bench.edits(bench.texts(rejected)),
    )


def _provided(patient: Patient, calibration: Calibration) -> TestHealing:
    """Nothing is edited, so nothing is healed: whoever runs the test has to give it what it needs."""
    evidence = given(patient.services)
    grounds = (evidence.kind, EvidenceKind.VERIFIED)
    return TestHealing(
        patient.test,
        Verdict.PROPOSED,
        PROVIDING,
        calibration.confidence(grounds),
        review=True,
        evidence=(evidence.sentence, f"With it, it passes as it is in {RUNS} fresh processes."),
        grounds=grounds,
        reason=wanted(patient.services),
        failure=patient.failure.headline,
    )


def _opening(patient: Patient) -> list[str]:
    sentences = [_history(patient)]
    return [given(patient.services).sentence, *sentences] if patient.services else sentences


def _history(patient: Patient) -> str:
    if patient.dependence is not None:
        return "With the same code it passes in some runs and fails in others."
    if patient.base is None:
        return "There is no base revision to compare with."
    if patient.passed_at_base:
        return "It passes on the base revision and fails at head."
    if patient.base.timed_out and patient.test not in patient.base.outcomes:
        return "It was not seen on the base revision: that run was cut off before it."
    return "It does not pass on the base revision either."
