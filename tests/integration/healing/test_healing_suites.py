"""Suites that are bad in some way: each ends in a verdict or a failure that a person can act on."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

from maestro.healing.v1 import healing_pb2

from .conftest import Caller, commit, state_of, write

COMPLETED = healing_pb2.HEALING_STATE_COMPLETED


def verdicts(healing: healing_pb2.Healing) -> dict[str, str]:
    """What became of each failing test, of a healing that has a report."""
    assert healing.state == COMPLETED, str(healing.failure)
    return {
        one.test: healing_pb2.Verdict.Name(one.verdict).removeprefix("VERDICT_")
        for one in healing.report.tests
    }


async def test_suites_that_cannot_be_run(caller: Caller, projects: Path, hanging: Path) -> None:
    """Each ends with a reason, and two at once do not get in each other's way."""
    write(projects / "none", {"a.py": "x = 1\n"})
    none = await caller.create(projects / "none")
    hangs = await caller.create(hanging, run_timeout={"seconds": 3})
    assert (await caller.ended(none.name)).failure.reason == "NO_TESTS"
    assert (await caller.ended(hangs.name)).failure.reason == "RUN_TIMED_OUT"


async def test_without_history_nothing_is_more_than_proposed(caller: Caller, renamed: Path) -> None:
    """The tree is healed all the same."""
    shutil.rmtree(renamed / ".git")
    healing = await caller.heal(renamed)
    assert set(verdicts(healing).values()) <= {"PROPOSED", "UNHEALED"}
    assert healing.report.patch == ""
    assert healing.report.base_revision == healing.report.head_revision == ""


async def test_a_suite_that_does_not_import(caller: Caller, projects: Path) -> None:
    """A file of it is a failing test; a conftest is the end of all, and its error is told."""
    write(projects / "one", {"test_a.py": "import nowhere\n", "test_b.py": "def test_b(): pass\n"})
    write(projects / "all", {"conftest.py": "import nowhere\n", "test_b.py": "def test_b(): pass\n"})
    one, all = await asyncio.gather(*(caller.heal(projects / name) for name in ("one", "all")))
    assert verdicts(one) == {"test_a.py": "UNHEALED"}
    assert "nowhere" in one.report.tests[0].failure
    assert one.report.tests[0].reason
    assert all.failure.reason == "NOTHING_RAN"
    assert "No module named 'nowhere'" in all.failure.message


async def test_a_test_that_hangs_is_named(caller: Caller, projects: Path) -> None:
    """And the others are told of too."""
    hang = "import time\n\ndef test_ok(): pass\n\ndef test_hangs(): time.sleep(600)\n"
    write(projects / "p", {"test_a.py": hang})
    healing = await caller.heal(projects / "p", run_timeout={"seconds": 4})
    assert verdicts(healing) == {"test_a.py::test_hangs": "UNHEALED"}
    assert healing.report.passed == 1


async def test_a_test_that_forks_leaves_no_process(caller: Caller, projects: Path) -> None:
    """However it hides its children."""
    body = """
        import os, time

        def test_forks():
            for _ in range(20):
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        time.sleep(613)
                    os._exit(0)
    """
    write(projects / "p", {"test_a.py": body})
    assert verdicts(await caller.heal(projects / "p")) == {}
    commands = [one.info["cmdline"] or () for one in psutil.process_iter(["cmdline"])]
    assert [command for command in commands if str(caller.python) in command] == []


async def test_a_test_that_eats_memory_is_stopped(caller: Caller, projects: Path) -> None:
    """The machine is not what it ends at."""
    write(projects / "p", {"test_a.py": "def test_a(): b = [b'x' * 2**27 for _ in range(64)]\n"})
    healing = await caller.heal(projects / "p")
    if healing.state == COMPLETED:
        assert verdicts(healing) == {"test_a.py::test_a": "UNHEALED"}
        assert "memory" in f"{healing.report.tests[0].failure} {healing.report.tests[0].reason}".lower()
    else:
        assert healing.failure.reason == "OUT_OF_MEMORY"


async def test_a_test_writes_to_nothing_of_ours(caller: Caller, projects: Path, tmp_path: Path) -> None:
    """Neither to the project that it was copied from, nor to the service's data."""
    mine = tmp_path / "mine"
    places = [projects / "p", mine, tmp_path / "data", Path.home()]
    body = f"""
        import pathlib, pytest

        @pytest.mark.parametrize("place", {[str(place) for place in places]!r})
        def test_writes(place):
            pathlib.Path(place).mkdir(parents=True, exist_ok=True)
            (pathlib.Path(place) / "written-by-a-test").write_text("x")
    """
    write(projects / "p", {"test_a.py": body})
    write(mine, {"kept": ""})
    before = state_of(projects / "p")
    await caller.heal(projects / "p")
    assert state_of(projects / "p") == before
    assert not any((place / "written-by-a-test").exists() for place in places)


async def test_sources_that_are_no_utf_8(caller: Caller, renamed: Path) -> None:
    """One that says what it is is healed; one that does not is said to be unreadable by its own failure."""
    said = b"# -*- coding: latin-1 -*-\nfrom shop import prices\n\n"
    said += b"def test_said():\n    '''\xe9t\xe9'''\n    assert prices.total_with_tax(1, 0) == 1\n"
    unsaid = b"def test_unsaid():\n    assert '\xe9'\n"
    write(renamed, {"tests/test_said.py": said, "tests/test_unsaid.py": unsaid, "shop/odd.py": b"# \xe9\n"})
    healing = await caller.heal(renamed, base="HEAD~1")
    found = verdicts(healing)
    assert found.pop("tests/test_unsaid.py") == "UNHEALED"
    assert found["tests/test_said.py::test_said"] in ("HEALED", "PROPOSED")
    subprocess.run(
        ["git", "apply", "--check"], cwd=renamed, input=healing.report.patch.encode("latin-1"), check=True
    )


async def test_two_heals_of_one_project_at_once(caller: Caller, renamed: Path) -> None:
    """Neither sees the other, and both say the same."""
    before = state_of(renamed)
    one, other = await asyncio.gather(*(caller.heal(renamed, base="HEAD~1") for _ in range(2)))
    assert verdicts(one) == verdicts(other)
    assert one.report.patch == other.report.patch != ""
    assert state_of(renamed) == before


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_five_thousand_tests(caller: Caller, renamed: Path) -> None:
    """The one that fails among them is healed."""
    body = """
        import pytest
        from shop.till import charge

        @pytest.mark.parametrize("number", range(5000))
        def test_many(number):
            assert charge(number) >= 0
    """
    write(renamed, {"tests/test_many.py": body})
    commit(renamed)
    healing = await caller.heal(renamed, base="HEAD~2", seconds=300)
    assert healing.report.total == 5003
    assert set(verdicts(healing)) == {
        "tests/test_prices.py::test_total",
        "tests/test_prices.py::test_nothing",
    }


async def test_a_suite_that_fails_as_a_whole(caller: Caller, projects: Path) -> None:
    """The report has each test, however much they have to say."""
    body = """
        import pytest

        @pytest.mark.parametrize("number", range(200))
        def test_many(number):
            assert number == -1, "x" * 100_000
    """
    write(projects / "p", {"test_a.py": body})
    healing = await caller.heal(projects / "p")
    assert len(verdicts(healing)) == 200
    assert healing.ByteSize() < 2_000_000
