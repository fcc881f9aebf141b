"""What is shipped is what the fit makes of the recorded outcomes, and it foretells them."""

from benchmarks.calibration.fit import fit
from benchmarks.calibration.outcomes import LEAST, Outcome, bins, read_outcomes
from benchmarks.calibration.prior import BIAS
from benchmarks.calibration.prior import WEIGHTS as GUESSES
from maestro_healing.domain import shipped_weights
from maestro_healing.domain.calibration import Calibration
from maestro_healing.domain.model import EvidenceKind as K


def sure(one: Outcome) -> float:
    return Calibration().confidence([K(kind) for kind in one.grounds])


def test_the_weights_that_are_shipped_come_from_the_recorded_outcomes() -> None:
    assert fit([one for one in read_outcomes() if one.is_tuned]) == shipped_weights.WEIGHTS
    assert BIAS == shipped_weights.BIAS


def test_confidence_is_near_the_share_that_was_right_where_it_was_fitted() -> None:
    found = list(bins([one for one in read_outcomes() if one.is_tuned], sure))
    assert sum(one.cases >= LEAST for one in found) >= 2
    assert [one for one in found if one.is_off] == []


def outcome(right: bool, *grounds: K) -> Outcome:
    return Outcome("release skew", "click", True, 0.0, grounds, right)


def test_what_no_outcome_tells_of_keeps_its_first_guess() -> None:
    weights = fit([outcome(True, K.VERIFIED, K.SAME_NAME)] * 20)
    assert weights[K.TIME_IS_MEANT] == GUESSES[K.TIME_IS_MEANT]
    assert weights[K.SAME_NAME] > GUESSES[K.SAME_NAME]


def test_the_fit_approaches_the_share_that_was_right() -> None:
    found = [outcome(number % 4 != 0, K.VERIFIED, K.OBSERVED_VALUE) for number in range(400)]
    confidence = Calibration(fit(found), BIAS).confidence([K.VERIFIED, K.OBSERVED_VALUE])
    assert abs(confidence - 0.75) < 0.01
