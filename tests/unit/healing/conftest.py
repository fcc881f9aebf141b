"""A small product at two revisions, and a runner of plain processes."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from healing_trees import Files, write

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.model import Commit
from maestro_healing.domain.ports import Side
from maestro_healing.domain.sources import Project

MakeProject = Callable[..., Project]


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Makes a project of the files at base and of those that are other at head (None: gone)."""

    def make(
        base: Files,
        head: Mapping[str, str | None],
        *,
        has_base: bool = True,
        commits: tuple[Commit, ...] = (),
    ) -> Project:
        after = {path: text for path, text in {**base, **head}.items() if text is not None}
        trees = write(tmp_path / "head", after), write(tmp_path / "base", base)
        return Project(trees[0], trees[1] if has_base else None, commits)

    return make


@pytest.fixture
def make_change(make_project: MakeProject) -> Callable[[str, str], ProductChange]:
    """The change of one module, `shop`, from one text to another."""

    def make(old: str, new: str) -> ProductChange:
        return ProductChange(make_project({"shop.py": old}, {"shop.py": new}))

    return make


@pytest.fixture
def run_locally() -> Callable[[Project], LocalRunner]:
    """A runner of a project's trees with this interpreter."""

    def make(project: Project) -> LocalRunner:
        trees = {Side.HEAD: project.head}
        if project.base:
            trees[Side.BASE] = project.base
        return LocalRunner(trees, sys.executable)

    return make
