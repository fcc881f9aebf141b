"""Monitors of a folder: what is new is told once, and heals become a branch beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from maestro.healing.v1 import monitor_pb2

from .conftest import Caller, commit, git, write
from .monitoring import create, reaches, watching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def renaming(renamed: Path) -> Path:
    """A project whose rename is still to come: it is the branch `next`."""
    git(renamed, "branch", "next")
    git(renamed, "reset", "-q", "--hard", "HEAD~1")
    return renamed


async def test_a_failure_is_told_once_and_healed_on_a_branch(caller: Caller, renaming: Path) -> None:
    """The branch has a commit for the heal, with its evidence; the checkout and its index stay as they are."""
    monitor = await create(caller, path=str(renaming), heal=True)
    before = git(renaming, "rev-parse", "HEAD")
    await reaches(caller, monitor.name, lambda now: now.last_revision == before)
    async with watching(caller) as found:
        git(renaming, "reset", "-q", "--hard", "next")
        head = git(renaming, "rev-parse", "HEAD")
        write(renaming, {"notes.txt": "mine\n"})
        errors = await found.count(2)
        assert {(kind, subject) for kind, subject, _ in errors} == {
            ("TEST", "tests/test_prices.py::test_total"),
            ("TEST", "tests/test_prices.py::test_nothing"),
        }
        assert all(message.startswith("AttributeError: ") for *_, message in errors)
        healed = await reaches(
            caller, monitor.name, lambda now: bool(now.healings) and bool(now.healings[0].outcome)
        )
        (heal,) = healed.healings
        assert heal.branch == f"maestro/{heal.healing.rpartition('/')[2]}", healed
        assert heal.commit == git(renaming, "rev-parse", heal.branch)
        assert git(renaming, "rev-parse", f"{heal.branch}~1") == head
        message = git(renaming, "log", "-1", "--format=%B", heal.branch)
        assert "Evidence:\n1. " in message
        assert heal.healing in message
        healing = await caller.get(heal.healing)
        assert healing.spec.base_revision == before
        text = git(renaming, "show", f"{heal.branch}:tests/test_prices.py")
        assert "total_with_tax" not in text
        assert git(renaming, "status", "--porcelain") == "?? notes.txt"
        assert git(renaming, "symbolic-ref", "HEAD") == "refs/heads/main"
        looked = healed.last_look_time.ToDatetime()
        await reaches(caller, monitor.name, lambda now: now.last_look_time.ToDatetime() > looked)
        assert len(found.errors) == 2
    await caller.maestro.monitors.DeleteMonitor(monitor_pb2.DeleteMonitorRequest(name=monitor.name))
    await caller.cleaned_up()


async def test_each_kind_is_found_and_told_again_when_it_comes_back(caller: Caller, projects: Path) -> None:
    """Tests, types, lint and build; what moves to another line is no other error."""
    folder = projects / "p"
    good = {"shop/__init__.py": "", "shop/sums.py": "def add(a: int, b: int) -> int:\n    return a + b\n"}
    test = "from shop import sums\n\n\ndef test_add():\n    assert sums.add(1, 2) == 3\n"
    write(folder, {**good, "tests/test_sums.py": test})
    commit(folder)
    async with watching(caller) as found:
        monitor = await create(caller, "TEST", "TYPE", "LINT", "BUILD", path=str(folder))
        first = await reaches(caller, monitor.name, lambda now: bool(now.last_revision))
        assert not first.HasField("failure"), first
        assert found.errors == []
        bad = "import os\n\n\ndef add(a: int, b: int) -> int:\n    return f'{a}{b}'\n"
        broken = "[build-system]\nrequires = []\nbuild-backend = 'shop.nothing'\nbackend-path = ['.']\n"
        write(folder, {"shop/sums.py": bad, "pyproject.toml": broken})
        errors = await found.count(4)
        assert sorted((kind, subject) for kind, subject, _ in errors) == [
            ("BUILD", "wheel"),
            ("LINT", "shop/sums.py"),
            ("TEST", "tests/test_sums.py::test_add"),
            ("TYPE", "shop/sums.py"),
        ]
        messages = {kind: message for kind, _, message in errors}
        assert messages["LINT"] == "line 1: F401 `os` imported but unused"
        assert messages["TYPE"].endswith("[return-value]")
        seen = await reaches(caller, monitor.name, lambda now: now.last_revision != first.last_revision)
        assert seen.last_revision.startswith(f"{first.last_revision}+dirty.")
        write(folder, {"shop/sums.py": f"# A comment.\n{bad}"})
        again = await reaches(caller, monitor.name, lambda now: now.last_revision != seen.last_revision)
        assert len(found.errors) == 4
        git(folder, "checkout", "-q", "shop")
        fixed = await reaches(caller, monitor.name, lambda now: now.last_revision != again.last_revision)
        assert len(found.errors) == 4
        write(folder, {"shop/sums.py": bad})
        await reaches(caller, monitor.name, lambda now: now.last_revision != fixed.last_revision)
        assert sorted(kind for kind, *_ in (await found.count(7))[4:]) == ["LINT", "TEST", "TYPE"]
