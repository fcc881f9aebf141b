"""Suites of real packages, as one of their releases has them."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from benchmarks.release_skew.repository import Places, make_places
from benchmarks.release_skew.rows import read_pairs
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import FolderTree

# Small ones, whose suites take seconds.
PACKAGES = ("pluggy", "sqlparse", "mistune", "humanize", "tabulate", "packaging")
PYTEST_ARGS = ("-o", "addopts=", "-o", "filterwarnings=default", "-p", "no:randomly")
_TIMEOUT = 120.0
_SHORTEST, _LONGEST = 1_500, 40_000
_MOST_FILES = 3


@dataclass(frozen=True)
class Suite:
    """One file of tests that all pass, with the release around it."""

    package: str
    tree: FolderTree
    python: Path
    file: str
    text: str
    tests: tuple[str, ...]


def suites(data: Path, cache: Path, chance: random.Random) -> Iterator[Suite]:
    """Some files of each package, in an order that the seed says."""
    pairs = list(read_pairs(data, PACKAGES))
    for package in PACKAGES:
        of_package = [pair for pair in pairs if pair.package == package]
        if not of_package:
            continue
        places = make_places(chance.choice(of_package), cache)
        files = [path for path in places.authors.tests if _fits(places, path)]
        chance.shuffle(files)
        yield from _passing(package, places, files[:_MOST_FILES])


def _fits(places: Places, path: str) -> bool:
    name = path.rpartition("/")[2]
    text = places.authors.text(path) or ""
    return name.startswith("test_") and _SHORTEST < len(text) < _LONGEST and "def test" in text


def _passing(package: str, places: Places, files: list[str]) -> Iterator[Suite]:
    for file in files:
        result = run(places.authors, places.python, {}, (file,))
        passed = tuple(test for test, outcome in result.outcomes.items() if outcome.passed)
        failed = [test for test, outcome in result.outcomes.items() if outcome.failure is not None]
        text = places.authors.text(file)
        if passed and not failed and text is not None:
            yield Suite(package, places.authors, places.python, file, text, passed)


def run(tree: FolderTree, python: Path, overlay: dict[str, bytes], selection: tuple[str, ...]) -> RunResult:
    """One run of a tree's tests."""
    runner = LocalRunner({Side.HEAD: tree}, str(python))
    request = RunRequest(Side.HEAD, overlay, selection, PYTEST_ARGS, _TIMEOUT)
    return asyncio.run(runner.run(request))
