"""CheckChange with a project: the tests that a change touches are run on mutants of the product."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError
from maestro_core.identity import Role

from .conftest import Caller, commit, write

PRODUCT = "def total(prices, off=0):\n    share = 100 - off\n    return sum(prices) * share / 100\n"
OLD = """\
import pytest
from shop import total


@pytest.mark.parametrize("off", [0, 10])
def test_total(off):
    assert total([50, 50], off) == 100 - off
"""
# Reads as if it checked as much; a result of None is not noticed any more, nor is any other.
HOLLOW = OLD.replace("== 100 - off", "== Anything(100 - off)").replace(
    "import total\n", "import total\nfrom things import Anything\n"
)
FAITHFUL = OLD.replace("test_total(off)", "test_sum(off)")
THINGS = "class Anything:\n    def __init__(self, value):\n        pass\n    def __eq__(self, other):\n        return True\n"


@pytest.fixture
def project(projects: Path) -> Path:
    """A committed project."""
    folder = projects / "shop"
    write(folder, {"shop.py": PRODUCT, "things.py": THINGS, "tests/test_shop.py": OLD})
    commit(folder)
    return folder


def request(caller: Caller, folder: Path, text: str, *, base: str = "HEAD") -> healing_pb2.CheckChangeRequest:
    write(folder, {"tests/test_shop.py": text})
    change = healing_pb2.FileChange(path="tests/test_shop.py", old=OLD.encode(), new=text.encode())
    spec = healing_pb2.HealingSpec(path=str(folder), base_revision=base, python=str(caller.python))
    return healing_pb2.CheckChangeRequest(parent=caller.parent, files=[change], project=spec)


async def test_a_test_that_no_longer_notices_is_found(caller: Caller, project: Path) -> None:
    answer = await caller.maestro.healing.CheckChange(request(caller, project, HOLLOW), timeout=180)
    (lost,) = (one for one in answer.findings if one.kind == "kills_lost")
    assert (lost.path, lost.test) == ("tests/test_shop.py", "tests/test_shop.py::test_total")
    assert "shop.py:3" in lost.message
    (kept,) = answer.kept_kills
    assert (kept.kept, kept.review) == (0, False)
    assert kept.kills >= 5
    await caller.cleaned_up()


async def test_a_renamed_test_that_notices_as_much_is_none(caller: Caller, project: Path) -> None:
    answer = await caller.maestro.healing.CheckChange(request(caller, project, FAITHFUL), timeout=180)
    assert not answer.findings
    (kept,) = answer.kept_kills
    assert kept.test == "tests/test_shop.py::test_sum"
    assert kept.kept == kept.kills >= 5


async def test_a_change_that_touches_no_test_runs_nothing(caller: Caller, project: Path) -> None:
    asked = request(caller, project, OLD)
    asked.project.python = ""  # one would have to be built, by a job
    answer = await caller.maestro.healing.CheckChange(asked)
    assert not answer.findings
    assert not answer.kept_kills


async def test_what_can_be_told_at_once_is(
    callers: Callable[..., Caller], project: Path, tmp_path: Path
) -> None:
    caller, viewer = callers(), callers("t1", Role.VIEWER)
    codes = grpc.StatusCode

    async def refused(who: Caller, asked: healing_pb2.CheckChangeRequest) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(MaestroError) as caught:
            await who.maestro.healing.CheckChange(asked)
        return caught.value.code, caught.value.reason

    assert await refused(viewer, request(caller, project, HOLLOW)) == (
        codes.PERMISSION_DENIED,
        "ROLE_MISSING",
    )
    assert await refused(caller, request(caller, project, HOLLOW, base="")) == (
        codes.INVALID_ARGUMENT,
        "BASE_REVISION_MISSING",
    )
    assert await refused(caller, request(caller, project, HOLLOW, base="nope")) == (
        codes.INVALID_ARGUMENT,
        "UNKNOWN_REVISION",
    )
    elsewhere = tmp_path / "elsewhere"
    assert await refused(caller, request(caller, elsewhere, HOLLOW)) == (
        codes.PERMISSION_DENIED,
        "PATH_NOT_ALLOWED",
    )
    other = request(caller, project, HOLLOW)
    other.project.uploaded = "tenants/t2/projects/p"
    assert (await refused(caller, other))[1] == "TENANT_MISMATCH"
    reading = request(caller, project, HOLLOW)
    reading.ClearField("project")
    assert not (await viewer.maestro.healing.CheckChange(reading)).kept_kills
