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
    """What each touched test keeps on the head of what it killed on the base, which the project has.

    What the old test would not kill on the head either, the change of the product lost, not that of the test.
    """
    check = MutationCheck(runner, project, spec.pytest_args, spec.policy.mutation_seconds)
    some = touched[:_MOST_TESTS]
    before = {test.new: (test.old,) for test in some}
    kept = dict(await check.judge({test.new: (test.new, *test.beside) for test in some}, {}, before))
    lost = {test: one for test, one in kept.items() if not one.holds}
    if lost:
        old = {test: before[test] for test in lost}
        by_old = await check.judge(old, _old_tests(project), old)
        kept |= {test: one.without(by_old[test].lost) for test, one in lost.items()}
    return {**kept, **{test.new: Kept(late=True) for test in touched[_MOST_TESTS:]}}


def _old_tests(project: Project) -> Mapping[str, bytes]:
    """The tests of the base, to be laid over the head."""
    assert project.base is not None
    return {path: (project.base.root / path).read_bytes() for path in project.base.tests}
