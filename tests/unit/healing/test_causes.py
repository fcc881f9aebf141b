"""Tests that fail of the same few causes are healed by cause: edited, proved and looked at together."""

from datetime import UTC, datetime

from benchmarks.scale.__main__ import heal
from maestro_healing.domain.delivery import branch_of
from maestro_healing.domain.healing import Healing, HealingSpec, HealingState, Source
from maestro_healing.domain.model import Policy, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_twelve_tests_of_three_causes() -> None:
    report, runner = await heal(12, Policy(mutation_seconds=0))
    assert {test.verdict for test in report.tests} == {Verdict.HEALED}
    causes: dict[str, set[str]] = {}
    for test in report.tests:
        causes.setdefault(test.cause, set()).add(test.test.partition("::")[0])
    assert sorted(causes.values(), key=min) == [
        {"tests/test_moved_0.py"},
        {"tests/test_parameter_0.py"},
        {"tests/test_renamed_0.py"},
    ]
    # at head, at base, with all edits, and three times to prove them: as many as for one test
    assert runner.runs == 6
    healing = Healing(
        "t", "h", HealingSpec(Source("/p")), "me", NOW, NOW, HealingState.COMPLETED, NOW, report=report
    )
    branch = branch_of(healing)
    assert branch is not None
    assert len(branch.commits) == 3
