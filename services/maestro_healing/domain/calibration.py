"""How sure an edit is: weights of the kinds of evidence, fitted to recorded outcomes, and one function."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from maestro_healing.domain.model import Evidence, EvidenceKind, Policy, Verdict
from maestro_healing.domain.shipped_weights import BIAS, WEIGHTS

K = EvidenceKind


@dataclass(frozen=True)
class Calibration:
    """A logistic model over the kinds of evidence."""

    weights: Mapping[EvidenceKind, float] = field(default_factory=lambda: WEIGHTS)
    bias: float = BIAS

    def confidence(self, kinds: Collection[EvidenceKind]) -> float:
        """Probability, 0 to 1, that an edit with these kinds of evidence is what the authors would do."""
        odds = self.bias + sum(self.weights.get(kind, 0.0) for kind in set(kinds))
        return round(1 / (1 + math.exp(-odds)), 3)


# What stands outside of the changed function; without one of these a changed expectation waits for a person.
WITNESSES = frozenset(
    {K.CHANGED_ELSEWHERE, K.DOCS_NAME_IT, K.TESTS_UPDATED, K.WARNING_NAMES_IT, K.CALL_SITES_CHANGED}
)

# What the product does now, be it a value or how long it takes, is no reason to want it.
_AS_IT_IS = frozenset({K.OBSERVED_VALUE, K.SLOWER_BY_DIFF, K.SLOWER_UNEXPLAINED})


def has_witness(evidence: Iterable[Evidence]) -> bool:
    """Whether an edit may be more than a proposal: one that takes the product as it is needs a witness."""
    kinds = {found.kind for found in evidence}
    return not kinds & _AS_IT_IS or bool(kinds & WITNESSES)


def judge(confidence: float, policy: Policy, has_base: bool) -> tuple[Verdict, bool]:
    """The verdict of a verified edit, and whether a person should look at it."""
    if confidence < policy.propose_at:
        return Verdict.UNHEALED, False
    if confidence < policy.review_at or not has_base:
        return Verdict.PROPOSED, True
    return Verdict.HEALED, confidence < policy.heal_at
