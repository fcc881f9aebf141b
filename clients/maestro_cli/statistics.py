"""`maestro statistics`: what became of healings."""

from __future__ import annotations

from datetime import timedelta

from maestro.healing.v1 import healing_pb2 as pb
from maestro_cli.heal.run import platform
from maestro_cli.output import as_dict, out, print_fields, print_json, print_table
from maestro_core.settings import Settings

_COLUMNS = ("strategy", "success", "HEALED", "PROPOSED", "UNHEALED", "yes", "no", "later runs")


async def show(settings: Settings, as_json: bool) -> None:
    """Print them. Raises CliError and MaestroError."""
    async with platform(settings) as (maestro, _):
        found = await maestro.healing.GetStatistics(pb.GetStatisticsRequest(parent=maestro.parent))
    if as_json:
        print_json(as_dict(found))
        return
    edited = [one for one in found.strategies if one.strategy]
    print_table(_COLUMNS, map(_row, edited), "No test was edited yet.")
    refused = sum(one.refused for one in found.strategies)
    unexplained = sum(one.unhealed for one in found.strategies if not one.strategy)
    saved, each = (_said(length.ToTimedelta()) for length in (found.time_saved, found.assumed_per_cause))
    out().print()
    print_fields(
        {
            "healings": f"{found.completed} with a report, {found.failed} failed or cancelled",
            "refused": f"{refused} tests: the product looks broken",
            "unexplained": f"{unexplained} tests: no strategy applies",
            "waiting": f"{found.open_reviews} heals, for a yes or no (maestro review)",
            "saved": f"{saved}, where a person takes {each} for a cause and its tests (assumed)",
        }
    )


def _row(one: pb.StrategyStatistics) -> tuple[str, ...]:
    later = one.later_passed + one.later_failed
    return (
        one.strategy,
        f"{one.success_rate:.0%}",
        *(str(number) for number in (one.healed, one.proposed, one.unhealed, one.approved, one.rejected)),
        f"{one.later_passed} of {later} passed" if later else "-",
    )


def _said(length: timedelta) -> str:
    """A length as a person says it."""
    minutes = round(length.total_seconds() / 60)
    return f"{minutes / 60:.1f} hours" if minutes >= 120 else f"{minutes} minutes"
