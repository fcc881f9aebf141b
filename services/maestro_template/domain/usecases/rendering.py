"""Using templates: rendering one, and checking one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maestro_core.errors import DomainError
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.gate import Gate, problems_of
from maestro_template.domain.lifecycle import pick
from maestro_template.domain.model import Folder, Json, Problem, Rendered, Version
from maestro_template.domain.ports import Caller, Renderer, Repository, Source, Templates, origin_of
from maestro_template.domain.usecases.access import find_usable, find_visible


class Rendering:
    """The use cases that run templates, always in the renderer's isolation."""

    def __init__(self, repository: Repository, templates: Templates, renderer: Renderer) -> None:
        self._repository = repository
        self._templates = templates
        self._renderer = renderer
        self._gate = Gate(renderer)

    async def render(
        self,
        caller: Caller,
        template_id: str,
        number: str,
        answers: Mapping[str, Json],
        only: str = "",
    ) -> tuple[Rendered, Version]:
        """Render a template, or `only` one path of its output, and count the use.

        Raises NotFound (TEMPLATE_NOT_FOUND, VERSION_NOT_FOUND), FailedPrecondition (TEMPLATE_REVOKED),
        InvalidArgument and ResourceExhausted as the renderer does.
        """
        template = await find_usable(self._templates, caller.tenant, template_id)
        version = pick(template, number)
        source = await self._repository.read(template.tenant, version.object_id)
        rendered = await self._renderer.render(source, answers, origin_of(template, version), only)
        await self._templates.record_use(caller, template.id, version.number)
        return rendered, version

    async def validate(self, tenant: str, template_id: str, number: str) -> Sequence[Problem]:
        """What is wrong with a stored version. Raises NotFound (TEMPLATE_NOT_FOUND, VERSION_NOT_FOUND)."""
        template = await find_visible(self._templates, tenant, template_id)
        version = pick(template, number)
        return await self._gate.problems(await self._repository.read(template.tenant, version.object_id))

    async def validate_folder(self, folder: Folder) -> Sequence[Problem]:
        """What is wrong with a folder that is not stored."""
        try:
            manifest = read_folder(folder)
        except DomainError as error:
            return problems_of(error)
        return await self._gate.problems(Source(digest(folder), manifest, folder))
