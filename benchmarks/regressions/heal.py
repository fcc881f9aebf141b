"""Heals one planted bug, as a user would whose product broke on top of a release."""

import asyncio
import shutil
import tempfile
import time
import traceback
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from benchmarks.regressions.plant import Planted
from benchmarks.regressions.results import Case
from benchmarks.release_skew.oracle import oracle
from benchmarks.release_skew.repository import Places, make_places
from benchmarks.release_skew.results import UNSEEN
from benchmarks.release_skew.rows import Pair
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import TestHealing, Verdict
from maestro_healing.domain.ports import Side
from maestro_healing.domain.sources import FolderTree, Project

_RUN_TIMEOUT = 120.0  # a bug may let a neighbour run for ever
# What counts most against us comes first.
_WORST = (Verdict.HEALED, Verdict.PROPOSED, Verdict.UNHEALED, Verdict.REFUSED)


def heal_planted(one: Planted, pair: Pair, cache: Path) -> Case:
    """What goes wrong is told as the reason of a case that is UNSEEN."""
    started = time.monotonic()
    try:
        tests, own = _heal(one, pair, cache)
    except Exception:  # one case that cannot be run must not end the others
        return _case(one, None, traceback.format_exc(), time.monotonic() - started, 0.0)
    worst = min(tests, key=lambda test: _WORST.index(test.verdict), default=None)
    return _case(one, worst, "none of its tests failed", time.monotonic() - started, own)


def _heal(one: Planted, pair: Pair, cache: Path) -> tuple[tuple[TestHealing, ...], float]:
    places = make_places(pair, cache)
    pytest_args = asyncio.run(oracle(pair, places, cache)).pytest_args
    with tempfile.TemporaryDirectory(prefix="maestro-planted-") as folder:
        head = _broken(one, places, Path(folder, "head"))
        runner = LocalRunner({Side.HEAD: head, Side.BASE: places.base}, str(places.python))
        healing = Engine(runner, check_change).heal(
            Project(head, places.base), tests=one.tests, pytest_args=pytest_args, run_timeout=_RUN_TIMEOUT
        )
        return asyncio.run(healing).tests, runner.first_run


def _broken(one: Planted, places: Places, folder: Path) -> FolderTree:
    shutil.copytree(places.repository, folder, ignore=shutil.ignore_patterns(".git"), symlinks=True)
    target = folder / one.path
    target.write_bytes(one.source(target.read_bytes()))
    return FolderTree(folder)


def _case(one: Planted, said: TestHealing | None, trouble: str, seconds: float, own: float) -> Case:
    about = (one.key, one.package, one.operator, one.is_changed_line)
    if said is None:
        return Case(*about, one.tests[0], UNSEEN, reason=trouble, seconds=seconds)
    return Case(
        *about, said.test, str(said.verdict), said.strategy or "", said.confidence, said.evidence,
        said.grounds, said.reason, said.diff, seconds, own,
    )  # fmt: skip
