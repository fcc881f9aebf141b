"""What an imported template renders is what its own tool renders, byte for byte."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import foreign_tools
import pytest
from foreign_templates import BACKSTAGE, COOKIECUTTER, COPIER, Foreign

from maestro_template.backends.render.pool import RenderPool
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.model import ANSWERS_FILE, File
from maestro_template.domain.ports import Source

Tool = Callable[[Path, Path, Mapping[str, Any], Path], Path]
CASES = [
    pytest.param(tool, template, answers, id=f"{tool.__name__}-{template.name}-{number}")
    for tool, templates in (
        (foreign_tools.cookiecutter, COOKIECUTTER),
        (foreign_tools.copier, COPIER),
        (foreign_tools.backstage, BACKSTAGE),
    )
    for template in templates
    for number, answers in enumerate(template.answers)
]


def folder_of(template: Foreign) -> dict[str, File]:
    return {
        path.removesuffix("!"): File(
            content if isinstance(content, bytes) else content.encode(), path.endswith("!")
        )
        for path, content in template.files.items()
    }


def written(folder: Mapping[str, File], root: Path) -> Path:
    for path, file in folder.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        target.chmod(0o755 if file.executable else 0o644)
    return root


def read_back(root: Path) -> Iterator[tuple[str, File]]:
    for path in root.rglob("*"):
        if path.is_file():
            yield (
                path.relative_to(root).as_posix(),
                File(path.read_bytes(), bool(path.stat().st_mode & 0o100)),
            )


@pytest.fixture
async def pool():
    async with RenderPool(workers=1) as made:
        yield made


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("tool", "template", "answers"), CASES)
async def test_the_output_is_the_tool_s_own(
    pool: RenderPool, tool: Tool, template: Foreign, answers: dict[str, Any], tmp_path: Path
) -> None:
    folder = folder_of(template)
    (tmp_path / "home").mkdir()
    (tmp_path / "out").mkdir()
    source = written(folder, tmp_path / "source")
    project = await asyncio.to_thread(tool, source, tmp_path / "out", answers, tmp_path / "home")
    expected = dict(read_back(project))
    expected.pop(".copier-answers.yml", None)

    imported = await pool.convert(folder, None, "", "me")
    source = Source(digest(imported.folder), read_folder(imported.folder), imported.folder)
    assert await pool.problems(source) == []
    files = dict((await pool.render(source, answers, {})).files)
    del files[ANSWERS_FILE]

    assert sorted(files) == sorted(expected)
    for path in expected:
        assert files[path] == expected[path], path
    assert sorted(imported.not_executed) == sorted(template.not_executed)


@pytest.mark.parametrize("template", [*COOKIECUTTER, *COPIER, *BACKSTAGE], ids=lambda one: one.name)
async def test_a_second_import_is_the_same_and_projects_render_again_from_their_answers(
    pool: RenderPool, template: Foreign
) -> None:
    first, second = [await pool.convert(folder_of(template), None, "", "me") for _ in range(2)]
    assert first == second
    source = Source(digest(first.folder), read_folder(first.folder), first.folder)
    once = await pool.render(source, template.answers[-1], {})
    known = set(source.manifest.parameters["properties"])
    again = await pool.render(
        source, {k: v for k, v in once.answers.items() if k in known and v is not None}, {}
    )
    assert {path: file for path, file in again.files.items() if path != ANSWERS_FILE} == {
        path: file for path, file in once.files.items() if path != ANSWERS_FILE
    }


def test_every_template_has_answers_that_make_a_difference() -> None:
    for template in itertools.chain(COOKIECUTTER, COPIER, BACKSTAGE):
        assert len(template.answers) >= 2
