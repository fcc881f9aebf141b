"""The mutation check of a change that somebody made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maestro_healing.domain.guard import TouchedTest
from maestro_healing.domain.healing import HealingSpec
from maestro_healing.domain.mutation.check import MutationCheck
from maestro_healing.domain.mutation.kept import Kept
from maestro_healing.domain.ports import Runner
from maestro_healing.domain.sources import Project

# More would share the time without being told apart.
_MOST_TESTS = 300


async def kept_by_change(
    runner: Runner, project: Project, spec: HealingSpec, touched: Sequence[TouchedTest]
) -> Mapping[str, Kept]:
    """What each touched test keeps on the head of what it killed on the base, which the project has."""
    check = MutationCheck(runner, project, spec.pytest_args, spec.policy.mutation_seconds)
    now = {test.new: (test.new,) for test in touched[:_MOST_TESTS]}
    before = {test.new: (test.old,) for test in touched[:_MOST_TESTS]}
    kept = await check.judge(now, {}, before) if now else {}
    return {**kept, **{test.new: Kept(late=True) for test in touched[_MOST_TESTS:]}}
