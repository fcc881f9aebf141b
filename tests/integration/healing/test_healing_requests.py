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
