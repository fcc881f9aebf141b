"""People approve and reject: the patch is what they agreed to, and what they said is counted."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import grpc
import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError
from maestro_core.identity import Role

from .conftest import Caller, commit, write

TOTAL, NOTHING = "tests/test_prices.py::test_total", "tests/test_prices.py::test_nothing"
# Nothing is sure enough to be applied without a person.
CAREFUL = healing_pb2.Policy(heal_at=1, review_at=1)


async def approve(caller: Caller, name: str, tests: Sequence[str] = (), **more: str) -> healing_pb2.Healing:
    """Say yes."""
    request = healing_pb2.ApproveHealingRequest(name=name, tests=tests, **more)
    return (await caller.maestro.healing.ApproveHealing(request)).healing


async def reject(caller: Caller, name: str, tests: Sequence[str] = (), **more: str) -> healing_pb2.Healing:
    """Say no."""
    request = healing_pb2.RejectHealingRequest(name=name, tests=tests, **more)
    return (await caller.maestro.healing.RejectHealing(request)).healing


def reviews(healing: healing_pb2.Healing) -> dict[str, str]:
    """Where each test is in its review."""
    return {one.test: healing_pb2.Review.Name(one.review) for one in healing.report.tests}


def outcomes(caller: Caller, project: Path, patch: str) -> str:
    """What the tests say once a patch is applied."""
    subprocess.run(["git", "apply"], cwd=project, input=patch.encode(), check=True)
    command = [str(caller.python), "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def apart(projects: Path) -> Path:
    """A project whose product renamed a parameter: each test needs an edit of its own; base is `HEAD~1`."""
    folder = projects / "apart"
    product = "def total(amount, rate=0):\n    return round(amount * (1 + rate), 2)\n"
    tests = """
        from shop import total


        def test_total():
            assert total(10, rate=0.2) == 12.0


        def test_nothing():
            assert total(0, rate=0.2) == 0


        def test_plain():
            assert total(5) == 5
    """
    write(folder, {"shop.py": product, "tests/test_prices.py": tests})
    commit(folder, "First")
    write(folder, {"shop.py": product.replace("rate", "tax")})
    commit(folder, "Call it tax")
    return folder


async def test_what_is_proposed_is_in_the_patch_once_a_person_agrees(caller: Caller, apart: Path) -> None:
    """And only that: the patch applies, and the tests that it is about pass."""
    healing = await caller.heal(apart, base="HEAD~1", policy=CAREFUL)
    assert {one.verdict for one in healing.report.tests} == {healing_pb2.VERDICT_PROPOSED}, healing
    assert set(reviews(healing).values()) == {"REVIEW_WANTED"}
    assert healing.report.patch == ""
    both = healing.report.proposed_patch
    agreed = await approve(caller, healing.name, [TOTAL], comment="as the changelog says")
    assert reviews(agreed) == {TOTAL: "REVIEW_APPROVED", NOTHING: "REVIEW_WANTED"}
    said = await reject(caller, healing.name, [NOTHING], comment="we want the old name")
    assert reviews(said) == {TOTAL: "REVIEW_APPROVED", NOTHING: "REVIEW_REJECTED"}
    assert said.report.proposed_patch == ""
    assert said.report.patch
    assert said.report.patch != both
    assert await caller.get(healing.name) == said
    assert "1 failed, 2 passed" in outcomes(caller, apart, said.report.patch)


async def test_what_was_healed_can_be_rejected_and_approved_again(caller: Caller, renamed: Path) -> None:
    """The last word counts; all that has a patch is meant where no test is named."""
    healing = await caller.heal(renamed, base="HEAD~1")
    assert healing.report.patch
    none = await reject(caller, healing.name)
    assert set(reviews(none).values()) == {"REVIEW_REJECTED"}
    assert none.report.patch == none.report.proposed_patch == ""
    again = await approve(caller, healing.name)
    assert again.report.patch == healing.report.patch
    assert "3 passed" in outcomes(caller, renamed, again.report.patch)


async def test_what_people_said_is_counted(callers: Callable[..., Caller], renamed: Path) -> None:
    """By strategy, and for their tenant alone."""
    caller = callers()
    healing = await caller.heal(renamed, base="HEAD~1", policy=CAREFUL)
    request = healing_pb2.GetStatisticsRequest(parent=caller.parent)
    before = await caller.maestro.healing.GetStatistics(request)
    assert (before.completed, before.failed, before.open_reviews) == (1, 0, 2)
    await approve(caller, healing.name, [TOTAL])
    await reject(caller, healing.name, [NOTHING])
    after = await caller.maestro.healing.GetStatistics(request)
    assert after.open_reviews == 0
    (counts,) = after.strategies
    assert counts.strategy == "api_contract_adaptation"
    assert (counts.healed, counts.proposed, counts.approved, counts.rejected) == (0, 2, 1, 1)
    other = callers("t2")
    request.parent = other.parent
    assert (await other.maestro.healing.GetStatistics(request)).completed == 0


async def test_later_runs_of_healed_tests_are_counted(caller: Caller, renamed: Path) -> None:
    """Those alone in which the heal stands: it holds as long as its test passes."""
    healing = await caller.heal(renamed, base="HEAD~1")
    request = healing_pb2.GetStatisticsRequest(parent=caller.parent)
    before = await caller.maestro.healing.GetStatistics(request)
    assert (before.strategies[0].success_rate, before.strategies[0].later_passed) == (1.0, 0)
    assert before.time_saved == before.assumed_per_cause  # two tests, and one cause
    assert len({test.cause for test in healing.report.tests}) == 1
    subprocess.run(["git", "apply"], cwd=renamed, input=healing.report.patch.encode(), check=True)
    await caller.heal(renamed)
    product = renamed / "shop/prices.py"
    product.write_text(product.read_text().replace("1 + rate", "1 + rate / 2"))
    await caller.heal(renamed)
    after = await caller.maestro.healing.GetStatistics(request)
    (counts,) = (one for one in after.strategies if one.strategy == "api_contract_adaptation")
    # both passed, then the one that sees the tax failed
    assert (counts.later_passed, counts.later_failed) == (3, 1)


async def test_decisions_that_make_no_sense(callers: Callable[..., Caller], renamed: Path) -> None:
    """Each is refused, and nothing is noted."""
    caller = callers()
    codes = grpc.StatusCode
    created = await caller.create(renamed, base="HEAD~1")
    with pytest.raises(MaestroError) as early:
        await approve(caller, created.name)
    assert (early.value.code, early.value.reason) == (codes.FAILED_PRECONDITION, "NOT_COMPLETED")
    healing = await caller.ended(created.name)
    with pytest.raises(MaestroError) as strange:
        await approve(caller, healing.name, [TOTAL, "tests/test_till.py::test_charge"])
    assert (strange.value.code, strange.value.reason) == (codes.INVALID_ARGUMENT, "NOT_REVIEWABLE")
    with pytest.raises(MaestroError) as reader:
        await approve(callers("t1", Role.VIEWER), healing.name)
    assert (reader.value.code, reader.value.reason) == (codes.PERMISSION_DENIED, "ROLE_MISSING")
    with pytest.raises(MaestroError) as nobody:
        await reject(caller, f"{caller.parent}/healings/none")
    assert nobody.value.code is codes.NOT_FOUND
    assert await caller.get(healing.name) == healing
