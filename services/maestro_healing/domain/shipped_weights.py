"""Made from recorded outcomes by `python -m benchmarks.calibration --write`; never edited."""

from collections.abc import Mapping

from maestro_healing.domain.model import EvidenceKind as K

# Log-odds that each kind of evidence adds, once per edit.
WEIGHTS: Mapping[K, float] = {
    K.API_ADDED: 0.508,
    K.API_CHANGED: 0.857,
    K.API_REMOVED: 1.262,
    K.ARGUMENT_DROPPED: -0.6,
    K.AS_AT_BASE: 2.2,
    K.CALL_SITES_CHANGED: 1.439,
    K.CHANGED_ELSEWHERE: 1.591,
    K.DEFINITION_KNOWN: 2.906,
    K.DEPENDENCE_AT_BASE: 0.8,
    K.DEPENDENCE_FOUND: 1.2,
    K.DEPENDENCE_IS_NEW: -2.2,
    K.DOCS_NAME_IT: 1.6,
    K.LANGUAGE_FACT: 3.0,
    K.OBSERVED_ONLY: 0.281,
    K.OBSERVED_VALUE: 1.222,
    K.ONLY_CANDIDATE: 0.439,
    K.PRIVATE_NAME: -0.459,
    K.PRODUCT_DIFF: 1.024,
    K.RECEIVER_TYPE_KNOWN: 0.3,
    K.RIVAL_CANDIDATE: -1.0,
    K.SAME_BODY: 1.8,
    K.SAME_NAME: 0.684,
    K.SAME_PACE: 1.6,
    K.SAME_SIGNATURE: 1.005,
    K.SAME_TESTS: 0.8,
    K.SEED_PROVED: 0.0,
    K.SERVICE_GIVEN: 1.2,
    K.SIMILAR_BODY: 1.017,
    K.SIMILAR_NAME: 0.657,
    K.SLOWER_BY_DIFF: -0.1,
    K.SLOWER_UNEXPLAINED: -0.3,
    K.SMALLEST_EDIT: 1.0,
    K.STATE_PROVED: 2.2,
    K.TESTS_UPDATED: 1.6,
    K.TIME_IS_MEANT: -1.6,
    K.VERIFIED: 1.2,
    K.WAIT_MEASURED: 1.4,
    K.WARNING_NAMES_IT: 2.802,
}
BIAS = -1.6
