"""How sure an edit is: one table of weights, one function."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from maestro_healing.domain.model import Evidence, EvidenceKind, Policy, Verdict

K = EvidenceKind

# Log-odds that each kind of evidence adds, once per edit. Chosen by hand, such that a verified edit that two
# independent observations support reaches 0.90; recorded outcomes replace them.
SHIPPED_WEIGHTS: Mapping[EvidenceKind, float] = {
    K.VERIFIED: 1.2,
    K.LANGUAGE_FACT: 3.0,
    K.DEFINITION_KNOWN: 2.2,
    K.WARNING_NAMES_IT: 2.4,
    K.DOCS_NAME_IT: 1.6,
    K.CALL_SITES_CHANGED: 1.4,
    K.SAME_BODY: 1.8,
    K.SIMILAR_BODY: 1.0,
    K.SAME_NAME: 1.2,
    K.SIMILAR_NAME: 0.6,
    K.SAME_SIGNATURE: 0.8,
    K.API_REMOVED: 0.5,
    K.API_ADDED: 0.4,
    K.API_CHANGED: 1.0,
    K.ONLY_CANDIDATE: 0.4,
    K.RECEIVER_TYPE_KNOWN: 0.3,
    K.OBSERVED_VALUE: 0.85,
    K.PRODUCT_DIFF: 0.4,
    K.CHANGED_ELSEWHERE: 1.5,
    K.TESTS_UPDATED: 1.6,
    K.PRIVATE_NAME: -0.6,
    K.ARGUMENT_DROPPED: -0.6,
    K.RIVAL_CANDIDATE: -1.0,
    K.SMALLEST_EDIT: 1.0,
    K.AS_AT_BASE: 2.2,
    K.SAME_TESTS: 0.8,
    K.WAIT_MEASURED: 1.4,
    K.SAME_PACE: 1.6,
    K.SLOWER_BY_DIFF: -0.1,
    K.SLOWER_UNEXPLAINED: -0.3,
    K.TIME_IS_MEANT: -1.6,
    K.SERVICE_GIVEN: 1.2,
    K.DEPENDENCE_FOUND: 1.2,
    K.SEED_PROVED: 0.0,
    K.STATE_PROVED: 2.2,
    K.DEPENDENCE_AT_BASE: 0.8,
    K.DEPENDENCE_IS_NEW: -2.2,
}
SHIPPED_BIAS = -1.6


@dataclass(frozen=True)
class Calibration:
    """A logistic model over the kinds of evidence."""

    weights: Mapping[EvidenceKind, float] = field(default_factory=lambda: SHIPPED_WEIGHTS)
    bias: float = SHIPPED_BIAS

    def confidence(self, kinds: Collection[EvidenceKind]) -> float:
        """Probability, 0 to 1, that an edit with these kinds of evidence is what the authors would do."""
        odds = self.bias + sum(self.weights.get(kind, 0.0) for kind in set(kinds))
        return round(1 / (1 + math.exp(-odds)), 3)


# What stands outside of the changed function; without one of these a changed expectation waits for a person.
WITNESSES = frozenset(
    {K.CHANGED_ELSEWHERE, K.DOCS_NAME_IT, K.TESTS_UPDATED, K.WARNING_NAMES_IT, K.CALL_SITES_CHANGED}
)


def has_witness(evidence: Iterable[Evidence]) -> bool:
    """Whether an edit may be more than a proposal: one of an expectation needs a witness beside its value."""
    kinds = {found.kind for found in evidence}
    return K.OBSERVED_VALUE not in kinds or bool(kinds & WITNESSES)


def judge(confidence: float, policy: Policy, has_base: bool) -> tuple[Verdict, bool]:
    """The verdict of a verified edit, and whether a person should look at it."""
    if confidence < policy.propose_at:
        return Verdict.UNHEALED, False
    if confidence < policy.review_at or not has_base:
        return Verdict.PROPOSED, True
    return Verdict.HEALED, confidence < policy.heal_at
