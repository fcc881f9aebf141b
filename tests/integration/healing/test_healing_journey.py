"""A project goes in, a patch comes out: over gRPC, with real jobs in a real environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

from maestro.healing.v1 import healing_pb2

from .conftest import Caller


async def test_a_stale_test_is_healed(caller: Caller, renamed: Path) -> None:
    """The patch applies, and touches what it must and nothing else."""
    healing = await caller.heal(renamed, base="HEAD~1")
    assert healing.state == healing_pb2.HEALING_STATE_COMPLETED, str(healing.failure)
    report = healing.report
    assert (report.total, report.passed) == (3, 1)
    assert {test.test: healing_pb2.Verdict.Name(test.verdict) for test in report.tests} == {
        "tests/test_prices.py::test_total": "VERDICT_HEALED",
        "tests/test_prices.py::test_nothing": "VERDICT_HEALED",
    }, report
    subprocess.run(["git", "apply", "--check"], cwd=renamed, input=report.patch.encode(), check=True)
