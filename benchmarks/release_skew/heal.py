"""Heals one repository and says what became of each test:
the one place that knows how healing is asked for.
"""

import asyncio
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from benchmarks.release_skew.repository import BASE_TAG
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.ports import Side
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.sources import FolderTree, Project

RUN_TIMEOUT = 600.0


@dataclass(frozen=True)
class Target:
    """A repository, the interpreter of its tests, and more arguments for pytest."""

    repository: Path
    python: Path
    pytest_args: tuple[str, ...] = ()


def heal(target: Target) -> HealingReport:
    """The engine itself on local processes; the platform around it adds isolation, not verdicts."""
    with tempfile.TemporaryDirectory(prefix="maestro-base-") as folder:
        base = Path(folder) / "base"
        clone = [
            "git",
            "clone",
            "-q",
            "--branch",
            BASE_TAG,
            "--depth",
            "1",
            target.repository.as_uri(),
            str(base),
        ]
        subprocess.run([*clone, "-c", "advice.detachedHead=false"], check=True)
        trees = {Side.HEAD: FolderTree(target.repository), Side.BASE: FolderTree(base)}
        engine = Engine(LocalRunner(trees, str(target.python)), check_change)
        project = Project(trees[Side.HEAD], trees[Side.BASE])
        return asyncio.run(engine.heal(project, pytest_args=target.pytest_args, run_timeout=RUN_TIMEOUT))
