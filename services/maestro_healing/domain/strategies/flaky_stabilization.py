"""Tests that depend on other tests, on the order of hashes, or on chance."""

from collections.abc import Iterable, Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.isolation.dependence import Dependence, Kind
from maestro_healing.domain.model import Evidence, EvidenceKind, StrategyInfo
from maestro_healing.domain.rewrite.rule import InFile
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.state import StateChange
from maestro_healing.domain.strategies.isolation.giving import givers
from maestro_healing.domain.strategies.isolation.keeping import keepers
from maestro_healing.domain.strategies.isolation.sorting import sorters
from maestro_healing.domain.strategies.isolation.sowing import sown
from maestro_healing.domain.strategies.strategy import FLAKY, Case, Proposal


class FlakyStabilization:
    """Keeps tests apart from each other; never runs one again until it passes."""

    info = StrategyInfo(
        FLAKY,
        "order dependence, shared state, left files, unordered collections, randomness",
        "reruns, shuffles, seeds; the polluting test found by bisection",
        available=True,
    )

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """What puts state back where tests leave it changed, sets up what one needs, sorts, or seeds."""
        found = case.dependence
        if found is None:
            return
        evidence = (Evidence(EvidenceKind.DEPENDENCE_FOUND, found.said), *_at_base(found, change))
        match found.kind:
            case Kind.POLLUTED:
                proved = tuple(_left(found, state) for state in found.changes)
                for rules in keepers(found, case.texts):
                    yield self._proposal(rules, (*evidence, *proved))
            case Kind.BRITTLE:
                for state, rules in givers(found, case.texts):
                    yield self._proposal(rules, (*evidence, _needed(found, state)))
            case Kind.HASHED:
                sentence = (
                    "Both sides of the comparison hold the same things. That their order means nothing is "
                    "for a person to say."
                )
                for rules in sorters(case):
                    yield self._proposal(rules, (*evidence, Evidence(EvidenceKind.SEED_PROVED, sentence)))
            case Kind.RANDOM:
                sentence = (
                    f"With seed {found.seed} it passes. A seed hides the others: only a person can say that "
                    "the product may do as it does with them."
                )
                yield self._proposal(sown(found), (*evidence, Evidence(EvidenceKind.SEED_PROVED, sentence)))

    def _proposal(self, rules: tuple[InFile, ...], evidence: tuple[Evidence, ...]) -> Proposal:
        return Proposal(self.info.id, rules, evidence, {rule.path: WHOLE_FILE for rule in rules})


def _left(found: Dependence, state: StateChange) -> Evidence:
    became = f" ({state.before} → {state.after})" if state.kind not in ("system", "files") else ""
    return Evidence(
        EvidenceKind.STATE_PROVED,
        f"{', '.join(found.others)} leaves {state.said} changed{became}; put back after each test, it passes "
        "there.",
    )


def _needed(found: Dependence, state: StateChange) -> Evidence:
    return Evidence(
        EvidenceKind.STATE_PROVED,
        f"{', '.join(found.others)} leaves {state.said} as {state.after}; with that set up for it, it passes "
        "by itself.",
    )


def _at_base(found: Dependence, change: ProductChange) -> Iterator[Evidence]:
    if found.stands_at_base:
        yield Evidence(EvidenceKind.DEPENDENCE_AT_BASE, "The base revision shows the same.")
    elif change.project.base is not None and change.product_changed:
        yield Evidence(
            EvidenceKind.DEPENDENCE_IS_NEW,
            "Base does not show it, and the product changed since: it may be the product that keeps state.",
        )
