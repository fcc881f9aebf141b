"""The strategies: small modules behind one Protocol, listed here."""

from maestro_healing.domain.model import StrategyInfo
from maestro_healing.domain.strategies.api_contract_adaptation import ApiContractAdaptation
from maestro_healing.domain.strategies.assertion_update import AssertionUpdate
from maestro_healing.domain.strategies.dependency_fix import DependencyFix
from maestro_healing.domain.strategies.strategy import Case, Proposal, Strategy
from maestro_healing.domain.strategies.syntax_repair import SyntaxRepair
from maestro_healing.domain.strategies.timing_adjustment import TimingAdjustment

BUILT: tuple[Strategy, ...] = (
    DependencyFix(),
    ApiContractAdaptation(),
    AssertionUpdate(),
    SyntaxRepair(),
    TimingAdjustment(),
)

CATALOGUE: tuple[StrategyInfo, ...] = (
    AssertionUpdate.info,
    ApiContractAdaptation.info,
    DependencyFix.info,
    StrategyInfo(
        "environment_healing",
        "fixtures, mocks and data that no longer fit; cwd, missing files and variables, locale, time zone, "
        "ports; a database or cache that is not there",
        "setup frames, conftest and module diff; a real service from the Environment service",
        available=False,
    ),
    StrategyInfo(
        "flaky_stabilization",
        "order dependence, shared state, unordered collections, randomness, clocks",
        "reruns, shuffles, seeds; the polluting test found by bisection",
        available=False,
    ),
    TimingAdjustment.info,
    SyntaxRepair.info,
)

__all__ = ["BUILT", "CATALOGUE", "Case", "Proposal", "Strategy"]
