"""The guard on a platform: the tests that a change touches are tried on mutants of the product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from maestro.healing.v1 import healing_pb2
from maestro_cli.heal.progress import Display
from maestro_cli.heal.project import LocalProject
from maestro_cli.heal.run import Place, ask_about, platform
from maestro_core.settings import Settings
from maestro_healing.domain.guard import FileChange, Finding, Kind

# An interpreter may have to be built first, and a loss is looked at twice.
_SPARE_SECONDS = 1200.0


@dataclass(frozen=True)
class Tried:
    """What came of it: tests that lost kills, and a sentence for each test that was looked at."""

    findings: Sequence[Finding]
    kept: Sequence[healing_pb2.KeptKills]


async def try_on_mutants(
    settings: Settings,
    project: LocalProject,
    base: str,
    files: Sequence[FileChange],
    python: Path | None,
    time: timedelta,
    display: Display,
) -> Tried:
    """Of the files' tests, those that no longer fail where they did. Raises CliError and MaestroError."""
    async with platform(settings) as (maestro, shares_disk):
        request = healing_pb2.CheckChangeRequest(parent=maestro.parent, files=map(_message, files))
        request.project.base_revision = base
        request.project.policy.mutation_time.FromTimedelta(time)
        patience = time.total_seconds() + _SPARE_SECONDS

        async def check() -> healing_pb2.CheckChangeResponse:
            return await maestro.healing.CheckChange(request, timeout=patience)

        place = Place(project, python, shares_disk)
        answer = await ask_about(maestro, request.project, place, check, display)
    lost = [
        Finding(one.path, one.line, Kind.KILLS_LOST, one.message, one.test)
        for one in answer.findings
        if one.kind == Kind.KILLS_LOST
    ]
    return Tried(lost, answer.kept_kills)


def _message(file: FileChange) -> healing_pb2.FileChange:
    message = healing_pb2.FileChange(path=file.path)
    if file.old is not None:
        message.old = file.old.encode("utf-8", "surrogateescape")
    if file.new is not None:
        message.new = file.new.encode("utf-8", "surrogateescape")
    return message
