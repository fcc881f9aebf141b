"""Requests that can't be fulfilled: each is answered with its code and reason, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError
from maestro_core.identity import Role

from .conftest import Caller, commit, write


async def _code(caller: Caller, project: Path, **fields: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(MaestroError) as caught:
        await caller.create(project, **fields)
    return caught.value.code, caught.value.reason


async def test_what_can_be_told_at_once_is_told_at_once(
    callers: Callable[..., Caller], projects: Path, tmp_path: Path
) -> None:
    """Each with its code and reason."""
    caller = callers()
    write(projects / "plain", {"test_a.py": "def test(): pass\n"})
    write(projects / "repo", {"test_a.py": "def test(): pass\n"})
    commit(projects / "repo")
    codes = grpc.StatusCode
    plain, repo = projects / "plain", projects / "repo"
    assert await _code(caller, plain, base="HEAD") == (codes.FAILED_PRECONDITION, "NO_GIT_HISTORY")
    assert await _code(caller, repo, base="nope") == (codes.INVALID_ARGUMENT, "UNKNOWN_REVISION")
    assert await _code(caller, tmp_path) == (codes.PERMISSION_DENIED, "PATH_NOT_ALLOWED")
    assert await _code(caller, projects / "none") == (codes.INVALID_ARGUMENT, "SOURCE_INVALID")
    assert await _code(caller, repo, python="/no/python") == (codes.INVALID_ARGUMENT, "INTERPRETER_INVALID")
    assert await _code(callers("t1", Role.VIEWER), repo) == (codes.PERMISSION_DENIED, "ROLE_MISSING")
    request = healing_pb2.GetHealingRequest(name="tenants/t1/healings/some")
    with pytest.raises(MaestroError) as caught:
        await callers("t2").maestro.healing.GetHealing(request)
    assert caught.value.reason == "TENANT_MISMATCH"


async def test_values_that_nobody_means(caller: Caller, projects: Path) -> None:
    """Each is refused as wrong, or ends its healing with a reason; none is our own fault."""
    write(projects / "p", {"test_a.py": "def test_a(): pass\n", "loop": ""})
    (projects / "loop").symlink_to("loop")
    bad = grpc.StatusCode.INVALID_ARGUMENT
    assert await _code(caller, projects / "loop") == (bad, "SOURCE_INVALID")
    assert await _code(caller, projects / "p" / "test_a.py") == (bad, "SOURCE_INVALID")
    assert await _code(caller, projects / "p", python="python3") == (bad, "INTERPRETER_INVALID")
    assert await _code(caller, projects / "p", python="/etc/passwd") == (bad, "INTERPRETER_INVALID")
    for fields in (
        {"base": "--output=x"},
        {"policy": {"heal_at": 1.5}},
        {"policy": {"verify_runs": 21}},
        {"run_timeout": {"seconds": -1}},
        {"run_timeout": {"seconds": 10**9}},
        {"budget": {"seconds": 0}},
        {"budget": {"seconds": 10**9}},
        {"tests": [""]},
        {"pytest_args": ["x" * 5000]},
        {"pytest_args": ["a\0b"]},
        {"tests": ["a\0b"]},
        {"python": "/bin/\0"},
        {"path": "/a\0b"},
    ):
        assert await _code(caller, projects / "p", **fields) == (bad, "VALIDATION_FAILED"), fields
    for fields, reason in (
        ({"pytest_args": ["--no-such-option"]}, "NOTHING_RAN"),
        ({"tests": ["test_nowhere.py::test_a"]}, "NOTHING_RAN"),
        ({"python": "/bin/true"}, "NOTHING_RAN"),
    ):
        healing = await caller.heal(projects / "p", **fields)
        assert healing.failure.reason == reason, healing
        assert healing.failure.message


@pytest.mark.parametrize(
    "new",
    [
        b"def test_a():\n    assert " + b"(" * 5000 + b"1" + b")" * 5000 + b"\n",
        b"def test_a():\n    assert " + b"-" * 100_000 + b"1\n",
        b"def test_a():\n    assert x" + b".a" * 50_000 + b"\n",
        b"def test_a():\n    assert '\0'\n",
        b"def test_a():\n    assert '\xff'\n",
        b"\xff\xfe" + "def test_a():\n    assert f() == 1\n".encode("utf-16-le"),
        b"def test_a(:\n",
        b"<<<<<<< ours\n",
        bytes(range(256)) * 100,
    ],
)
async def test_changes_that_nobody_can_read(caller: Caller, new: bytes) -> None:
    """What can't be reviewed is a finding, never a pass, and nothing breaks."""
    change = healing_pb2.FileChange(
        path="tests/test_a.py", old=b"def test_a():\n    assert f() == 1\n", new=new
    )
    request = healing_pb2.CheckChangeRequest(parent=caller.parent, files=[change])
    found = (await caller.maestro.healing.CheckChange(request)).findings
    assert found
    assert found[0].message


async def test_paths_of_changes_that_nobody_means(caller: Caller) -> None:
    """A path is a name: nothing is read or written there."""
    weaker = {"old": b"def test_a():\n    assert f() == 1\n", "new": b"def test_a():\n    f()\n"}
    for path in ("../../etc/test_passwd.py", "/tests/test_a.py", "tests/\0/test_a.py", "tests/\n/test_a.py"):
        change = healing_pb2.FileChange(path=path, **weaker)
        request = healing_pb2.CheckChangeRequest(parent=caller.parent, files=[change, change])
        found = (await caller.maestro.healing.CheckChange(request)).findings
        assert [one.kind for one in found] == ["assertion_deleted"], path
        assert found[0].path == path
