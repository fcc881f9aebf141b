"""Bringing a project up to a newer version of the template that it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semver import Version as SemVer

from maestro_core.errors import FailedPrecondition
from maestro_template.domain.answers import fitting, recorded_answers, secret
from maestro_template.domain.diffing import FileChange, diff
from maestro_template.domain.folder import check_names
from maestro_template.domain.lifecycle import pick
from maestro_template.domain.merging import merge, only, with_markers
from maestro_template.domain.model import ANSWERS_FILE, File, Folder, Json, Problem
from maestro_template.domain.paths import collision
from maestro_template.domain.ports import LineMerger, Renderer, Repository, Templates, origin_of
from maestro_template.domain.usecases.access import find_usable


@dataclass(frozen=True, slots=True)
class Update:
    """What a merge came to. Where there are conflicts nothing of it should be taken as the project."""

    files: Folder
    changes: Sequence[FileChange]
    conflicts: Folder
    problems: Sequence[Problem]
    from_version: str
    to_version: str


class Updating:
    """The use case that merges a template's changes into what people made of its output."""

    def __init__(
        self, repository: Repository, templates: Templates, renderer: Renderer, merger: LineMerger
    ) -> None:
        self._repository = repository
        self._templates = templates
        self._renderer = renderer
        self._merger = merger

    async def update(self, tenant: str, project: Folder, number: str, answers: Mapping[str, Json]) -> Update:
        """Merge three ways: as it was rendered, as it is, and as it would be rendered now.

        `answers` come before those of the answers file. Raises InvalidArgument (FILES_INVALID,
        ANSWERS_FILE_MISSING, ANSWERS_FILE_INVALID), NotFound (TEMPLATE_NOT_FOUND, VERSION_NOT_FOUND),
        FailedPrecondition (TEMPLATE_REVOKED, DOWNGRADE_REFUSED), and what rendering raises.
        """
        check_names(project)
        recorded = recorded_answers(project)
        template = await find_usable(self._templates, tenant, recorded.template_id)
        before, after = pick(template, recorded.version), pick(template, number)
        if SemVer.parse(after.number) < SemVer.parse(before.number):
            raise FailedPrecondition(
                f"the project comes from {before.number}, which is newer than {after.number}",
                reason="DOWNGRADE_REFUSED",
            )
        old = await self._repository.read(template.tenant, before.object_id)
        new = await self._repository.read(template.tenant, after.object_id)
        known = fitting(old.manifest, recorded.answers) | secret(old.manifest, answers)
        base = await self._renderer.render(old, known, {})
        wanted = fitting(new.manifest, recorded.answers) | dict(answers)
        theirs = await self._renderer.render(new, wanted, origin_of(template, after))
        files, conflicts, problems = await self._merged(
            _without_answers(base.files),
            _without_answers(project),
            _without_answers(theirs.files),
            after.number,
        )
        files[ANSWERS_FILE] = theirs.files[ANSWERS_FILE]
        return Update(
            files={} if conflicts else files,
            changes=list(diff(project, {**files, **conflicts})),
            conflicts=conflicts,
            problems=problems,
            from_version=before.number,
            to_version=after.number,
        )

    async def _merged(
        self, base: Folder, ours: Folder, theirs: Folder, number: str
    ) -> tuple[dict[str, File], dict[str, File], list[Problem]]:
        """The files that are clear, those that are not, and why some are not though their lines merged."""
        result = merge(base, ours, theirs)
        files, problems = result.files, []
        whole = [one for one in result.contested if one.base and one.theirs and one.is_text]
        conflicts = {
            one.path: with_markers(one.ours, one.theirs, number) if one.is_text else one.theirs or one.ours
            for one in result.contested
            if one not in whole
        }
        for one, lines in zip(whole, await self._merger.merge(whole, f"template {number}"), strict=True):
            (files if lines.clean else conflicts)[one.path] = File(lines.content, one.executable)
        for problem in await self._broken(only(files, [one.path for one in whole]), ours, theirs):
            problems.append(problem)
            conflicts[problem.path] = with_markers(ours[problem.path], theirs[problem.path], number)
            del files[problem.path]
        if clash := collision(files):
            problems.append(Problem(clash, 0, "is a file in the project and a folder in the template"))
            conflicts[clash] = with_markers(files.pop(clash), None, number)
        return files, conflicts, problems

    async def _broken(self, merged: Folder, ours: Folder, theirs: Folder) -> Sequence[Problem]:
        """What the merge itself broke: what either side had wrong already is not its fault."""
        problems = list(await self._renderer.syntax(merged)) if merged else []
        suspects = {problem.path for problem in problems}
        if not suspects:
            return []
        for side in (ours, theirs):
            suspects -= {problem.path for problem in await self._renderer.syntax(only(side, suspects))}
        return [problem for problem in problems if problem.path in suspects]


def _without_answers(folder: Folder) -> Folder:
    return {path: file for path, file in folder.items() if path != ANSWERS_FILE}
