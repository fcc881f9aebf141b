"""What a run may be asked beside the tests: an order, and what its tests leave changed; on real processes."""

from collections.abc import Callable

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.ports import EVERYTHING, Conditions, RunRequest, Side
from maestro_healing.domain.sources import Project


async def test_the_probe_names_what_changed_and_puts_it_back(
    make_project: Callable[..., Project], run_locally: Callable[[Project], LocalRunner]
) -> None:
    tests = "import shop\n\n\ndef test_one():\n    shop.LIMIT = 9\n\n\ndef test_two():\n    assert shop.LIMIT == 3\n"
    project = make_project({"shop.py": "LIMIT = 3\n", "test_shop.py": tests}, {})
    runner = run_locally(project)
    order = ("test_shop.py::test_one", "test_shop.py::test_two")
    watched = await runner.run(RunRequest(Side.HEAD, conditions=Conditions(order, watched=EVERYTHING)))
    assert not watched.outcomes[order[1]].passed
    change = next(change for change in watched.changes[order[0]] if change.module == "shop")
    assert (change.said, change.before, change.after, change.source) == ("`shop.LIMIT`", "3", "9", "9")
    restored = await runner.run(RunRequest(Side.HEAD, conditions=Conditions(order, restored=(change.place,))))
    assert restored.outcomes[order[1]].passed
    backwards = await runner.run(RunRequest(Side.HEAD, conditions=Conditions(order[::-1])))
    assert list(backwards.outcomes) == list(order[::-1])
    assert all(outcome.passed for outcome in backwards.outcomes.values())
