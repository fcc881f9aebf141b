"""Tests that depend on each other: from the request's orders to a patch, by real jobs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from maestro.healing.v1 import healing_pb2

from .conftest import Caller, commit, write

SHOP = "LIMIT = 3\n\n\ndef allows(number):\n    return number <= LIMIT\n"
TESTS = {
    "tests/test_allows.py": "import shop\n\n\ndef test_allows():\n    assert not shop.allows(4)\n",
    "tests/test_raised.py": "import shop\n\n\ndef test_raised():\n    shop.LIMIT = 5\n    assert shop.allows(5)\n",
}


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_an_order_that_fails_is_healed(caller: Caller, projects: Path) -> None:
    """The polluter is named, its file puts the state back, and nothing is said of what always passes."""
    folder = projects / "shop"
    write(folder, {"shop.py": SHOP, "pytest.ini": "[pytest]\n", **TESTS})
    commit(folder)
    policy = healing_pb2.Policy(orders=1, verify_runs=1)
    healing = await caller.heal(folder, seconds=200, base="HEAD", policy=policy)
    assert healing.state == healing_pb2.HEALING_STATE_COMPLETED, str(healing.failure)
    assert healing.spec.policy.orders == 1
    (healed,) = healing.report.tests
    assert healed.test == "tests/test_allows.py::test_allows"
    assert healed.verdict == healing_pb2.VERDICT_HEALED, healed
    assert any("fails after tests/test_raised.py::test_raised" in said for said in healed.evidence), healed
    patch = healing.report.patch
    assert 'monkeypatch.setattr(shop, "LIMIT", shop.LIMIT)' in patch
    assert "test_allows.py" not in patch
    subprocess.run(["git", "apply", "--check"], cwd=folder, input=patch.encode(), check=True)
