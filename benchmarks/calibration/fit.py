"""The weights of the kinds of evidence, fitted to outcomes."""

import math
from collections.abc import Mapping, Sequence

from benchmarks.calibration.outcomes import Outcome, weights
from benchmarks.calibration.prior import BIAS, WEIGHTS
from maestro_healing.domain.model import EvidenceKind

# How many outcomes' worth the first guesses are: what outcomes tell nothing of keeps its guess.
_TRUST = 1.0
_CLOSE = 1e-7
_MOST_ROUNDS = 5000


def fit(found: Sequence[Outcome]) -> Mapping[EvidenceKind, float]:
    """The most likely weights of a logistic model, given outcomes and the first guesses (a normal prior
    around them): Newton's method, one weight after the other, until none moves.

    The bias and what every edit has (VERIFIED) stay as they were guessed: nothing tells them apart from the
    rest, and what no outcome tells of would move with them.
    """
    judged = [(o, weight) for o, weight in zip(found, weights(found), strict=True) if o.right is not None]
    kinds = sorted(
        {EvidenceKind(kind) for one, _ in judged for kind in one.grounds} - {EvidenceKind.VERIFIED}
    )
    fitted = dict(WEIGHTS)
    having = {kind: [place for place, (one, _) in enumerate(judged) if kind in one.grounds] for kind in kinds}
    odds = [BIAS + sum(fitted.get(EvidenceKind(kind), 0.0) for kind in one.grounds) for one, _ in judged]
    for _ in range(_MOST_ROUNDS):
        moved = 0.0
        for kind in kinds:
            guess = WEIGHTS.get(kind, 0.0)
            slope, curve = _TRUST * (fitted.get(kind, 0.0) - guess), _TRUST
            for place in having[kind]:
                one, weight = judged[place]
                chance = 1 / (1 + math.exp(-odds[place]))
                slope += weight * (chance - bool(one.right))
                curve += weight * chance * (1 - chance)
            step = -slope / curve
            fitted[kind] = fitted.get(kind, 0.0) + step
            for place in having[kind]:
                odds[place] += step
            moved = max(moved, abs(step))
        if moved < _CLOSE:
            break
    return {kind: round(fitted[kind], 3) for kind in sorted(fitted)}
