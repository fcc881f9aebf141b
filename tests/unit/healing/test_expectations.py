"""Expectations: what the first proposal for each shape edits, and on which evidence."""

import asyncio
import difflib
import sys
from collections.abc import Mapping

import pytest
from expectation_shapes import SHAPES, Shape
from healing_trees import write

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.guard import FileChange, check_change
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.rewrite.rule import rewrite_text
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import Project
from maestro_healing.domain.strategies.assertion_update import AssertionUpdate
from maestro_healing.domain.strategies.strategy import Case, Proposal

Seen = tuple[Project, RunResult]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One run of all shapes at head."""
    root = tmp_path_factory.mktemp("shapes")
    tests = {f"tests/test_{shape.name}.py": shape.test_text for shape in SHAPES}
    base = {f"{shape.module}.py": shape.base for shape in SHAPES} | tests
    head = {f"{shape.module}.py": shape.head for shape in SHAPES} | tests
    project = Project(write(root / "head", head), write(root / "base", base))
    runner = LocalRunner({Side.HEAD: project.head}, sys.executable)
    return project, asyncio.run(runner.run(RunRequest(Side.HEAD)))


def proposals(shape: Shape, seen: Seen) -> list[Proposal]:
    project, result = seen
    file = f"tests/test_{shape.name}.py"
    failure = result.outcomes[f"{file}::{shape.case}"].failure
    assert failure is not None, "the shape does not fail at head"
    case = Case(failure, {file: shape.test_text}, "3.11")
    return list(AssertionUpdate().propose(case, ProductChange(project)))


def rewritten(proposal: Proposal, texts: Mapping[str, str]) -> str:
    (file, text), *_ = texts.items()
    for rule in proposal.rules:
        text = rewrite_text(text, rule, proposal.scopes[file])
    return text


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in lines if line[:2] == "- "], [line[2:] for line in lines if line[:2] == "+ "]


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.added], ids=lambda shape: shape.name)
def test_the_smallest_edit_is_proposed_first(shape: Shape, seen: Seen) -> None:
    found = proposals(shape, seen)
    assert found
    texts = {f"tests/test_{shape.name}.py": shape.test_text}
    after = rewritten(found[0], texts)
    assert changed_lines(shape.test_text, after) == (list(shape.removed), list(shape.added))
    kinds = {evidence.kind for evidence in found[0].evidence}
    assert shape.kinds <= kinds
    assert not shape.absent & kinds
    assert not check_change([FileChange(path, text, after) for path, text in texts.items()])


@pytest.mark.parametrize("shape", [s for s in SHAPES if not s.added], ids=lambda shape: shape.name)
def test_what_looks_broken_or_is_computed_is_left_alone(shape: Shape, seen: Seen) -> None:
    assert proposals(shape, seen) == []
