"""Expectations that were right for the product at base."""

from collections.abc import Iterable

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.model import StrategyInfo
from maestro_healing.domain.runs import COLLECT
from maestro_healing.domain.strategies.expectations import comparisons, goldens, mocks, raises, swapped
from maestro_healing.domain.strategies.expectations.edits import ID, file_proposals, proposals
from maestro_healing.domain.strategies.expectations.scene import Scene
from maestro_healing.domain.strategies.strategy import Case, Proposal


class AssertionUpdate:
    """Values, messages, rows, raised types and warnings that the product changed on purpose."""

    info = StrategyInfo(
        ID,
        "an expectation that the product changed on purpose: values, messages, parametrize rows, golden "
        "files and snapshots; a raised type or message; a warning that is or is no longer given",
        "compared values and the same old → new change in the product's source diff, docs or changelog",
        available=True,
    )

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """The smallest edit that makes the failing check expect what the product gives now."""
        if case.failure.phase == COLLECT:
            return
        scene = Scene(case)
        for edits, evidence in (
            *swapped.swapped_expressions(scene, change),
            *raises.changed_type(scene, change),
        ):
            yield from proposals(edits, change, evidence)
        for edits in (
            *comparisons.changed_values(scene, change),
            *raises.changed_message(scene),
            *mocks.changed_calls(scene),
        ):
            yield from proposals(edits, change)
        for file_edit in goldens.changed_files(scene, change):
            yield from file_proposals(file_edit, change)
