"""Heals a pair, by the engine alone or by the command, and says what became of each test."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from benchmarks.release_skew.oracle import RUN_TIMEOUT
from benchmarks.release_skew.repository import BASE_TAG, Places
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import Policy, Verdict
from maestro_healing.domain.ports import Side
from maestro_healing.domain.sources import Project

_COMMAND_TIMEOUT = 3600.0


@dataclass(frozen=True)
class Healed:
    """What was said of one test; `seconds` is its share of the healing's wall time, `grounds` the kinds of
    evidence (not told by the command).
    """

    test: str
    verdict: Verdict
    strategy: str
    confidence: float
    reason: str
    evidence: tuple[str, ...]
    seconds: float
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Healing:
    """All that came out: the patch of what is HEALED, and that of what is PROPOSED.

    `own_seconds` is what one run of the tests takes, as they are (not told by the command).
    """

    tests: tuple[Healed, ...]
    patches: dict[Verdict, str]
    own_seconds: float = 0.0


def heal(
    places: Places, files: Sequence[str], pytest_args: Sequence[str], policy: Policy | None = None
) -> Healing:
    """The engine itself, for these test files, on local processes:
    the platform around it adds isolation, not verdicts.
    """
    runner = LocalRunner({Side.HEAD: places.head, Side.BASE: places.base}, str(places.python))
    engine = Engine(runner, check_change)
    project = Project(places.head, places.base)
    healing = engine.heal(
        project, tests=files, pytest_args=pytest_args, policy=policy, run_timeout=RUN_TIMEOUT
    )
    report = asyncio.run(healing)
    tests = (
        Healed(t.test, t.verdict, t.strategy or "", t.confidence, t.reason, t.evidence, t.seconds, t.grounds)
        for t in report.tests
    )
    patches = {Verdict.HEALED: report.patch, Verdict.PROPOSED: report.proposed_patch}
    return Healing(tuple(tests), patches, runner.first_run)


def heal_by_command(places: Places, pytest_args: Sequence[str]) -> Healing:
    """`maestro heal` as a user runs it: the whole suite, the platform, its isolated jobs, and the guard.

    Raises RuntimeError where the command could not run.
    """
    with tempfile.TemporaryDirectory(prefix="maestro-bench-") as data:
        command = [sys.executable, "-m", "maestro_cli", "heal", str(places.repository), "--base", BASE_TAG]
        command += ["--python", str(places.python), "--json", "--", *pytest_args]
        env = {**os.environ, "MAESTRO_DATA_DIR": data}
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, check=False, timeout=_COMMAND_TIMEOUT
        )
        # What is only proposed is no part of the JSON; the command keeps it beside its data.
        proposed = "".join(file.read_text() for file in Path(data, "patches").glob("*.proposed.patch"))
    if done.returncode not in (0, 1):
        raise RuntimeError(f"maestro heal ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    found = json.loads(done.stdout)
    tests = (
        Healed(t["test"], Verdict(t["verdict"]), t["strategy"] or "", t["confidence"], "",
               tuple(t["evidence"]), t["seconds"])
        for t in found["tests"]
    )  # fmt: skip
    patches = {Verdict.HEALED: found["patch"], Verdict.PROPOSED: proposed}
    return Healing(tuple(tests), patches)
