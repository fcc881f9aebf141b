"""First guesses, made before there were outcomes: the fit starts here, and keeps what nothing tells of."""

from collections.abc import Mapping

from maestro_healing.domain.model import EvidenceKind as K

# Log-odds that each kind of evidence adds, once per edit.
WEIGHTS: Mapping[K, float] = {
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
BIAS = -1.6
