"""Small templates to test with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from maestro_template.domain.folder import read_folder
from maestro_template.domain.model import File, Json
from maestro_template.domain.rendering import Program

MakeFolder: TypeAlias = Callable[..., dict[str, File]]


def make_folder(
    files: Mapping[str, str | bytes] | None = None,
    *,
    version: str = "1.0.0",
    extra: str = "",
    template_id: str = "demo",
) -> dict[str, File]:
    """A template folder; `extra` is added to the manifest."""
    manifest = (
        f"id: {template_id}\nversion: {version}\nname: Demo\nsummary: A demo.\n"
        f"category: testing\nkind: python\nowner: me\n{extra}"
    )
    folder = {"template.yaml": File(manifest.encode())}
    for path, content in (files or {}).items():
        folder[path] = File(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture
def folder() -> MakeFolder:
    return make_folder


@pytest.fixture
def render() -> Callable[..., dict[str, bytes]]:
    """Render in this process: what it does, without the isolation."""

    def run(
        files: Mapping[str, str | bytes], answers: Mapping[str, Json] | None = None, extra: str = ""
    ) -> dict[str, bytes]:
        made = make_folder(files, extra=extra)
        rendered = Program(read_folder(made), made).render(answers or {}, {})
        return {path: file.content for path, file in rendered.files.items() if path != ".maestro-answers.yml"}

    return run


class StillClock:
    """Always the same time."""

    def now(self) -> datetime:
        return datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()
