"""The strategies: small modules behind one Protocol, listed here."""

from maestro_healing.domain.model import StrategyInfo
from maestro_healing.domain.strategies.api_contract_adaptation import ApiContractAdaptation
from maestro_healing.domain.strategies.assertion_update import AssertionUpdate
from maestro_healing.domain.strategies.dependency_fix import DependencyFix
from maestro_healing.domain.strategies.environment_healing import EnvironmentHealing
from maestro_healing.domain.strategies.flaky_stabilization import FlakyStabilization
from maestro_healing.domain.strategies.strategy import Case, Proposal, Strategy
from maestro_healing.domain.strategies.syntax_repair import SyntaxRepair
from maestro_healing.domain.strategies.timing_adjustment import TimingAdjustment

BUILT: tuple[Strategy, ...] = (
    DependencyFix(),
    EnvironmentHealing(),
    ApiContractAdaptation(),
    AssertionUpdate(),
    SyntaxRepair(),
    TimingAdjustment(),
    FlakyStabilization(),
)

CATALOGUE: tuple[StrategyInfo, ...] = (
    AssertionUpdate.info,
    ApiContractAdaptation.info,
    DependencyFix.info,
    EnvironmentHealing.info,
    FlakyStabilization.info,
    TimingAdjustment.info,
    SyntaxRepair.info,
)

__all__ = ["BUILT", "CATALOGUE", "Case", "Proposal", "Strategy"]
