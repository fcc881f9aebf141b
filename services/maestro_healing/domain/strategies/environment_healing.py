"""Tests whose surroundings no longer fit."""

from collections.abc import Iterable

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.model import StrategyInfo
from maestro_healing.domain.strategies.strategy import PROVIDING, Case, Proposal
from maestro_healing.domain.strategies.surroundings.addresses import written_address
from maestro_healing.domain.strategies.surroundings.missing_files import moved_file
from maestro_healing.domain.strategies.surroundings.missing_fixtures import renamed_fixture
from maestro_healing.domain.strategies.surroundings.missing_variables import missing_variable
from maestro_healing.domain.strategies.surroundings.stand_ins import outgrown_stand_in


class EnvironmentHealing:
    """Files, variables, fixtures, stand-ins and addresses that a test needs around it."""

    info = StrategyInfo(
        PROVIDING,
        "fixtures, mocks and data files that no longer fit; missing files and variables; a database or cache "
        "that is not there",
        "setup frames, conftest and module diff; a real service from the Environment service",
        available=True,
    )

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """What the failure names as missing, from where the project has it."""
        yield from written_address(case)
        yield from moved_file(case, change)
        yield from missing_variable(case, change)
        for found in (*renamed_fixture(case, change), *outgrown_stand_in(case, change)):
            yield Proposal(self.info.id, (found.rule,), tuple(found.evidence))
