"""Bringing in templates of other tools."""

from __future__ import annotations

from maestro_core.errors import InvalidArgument
from maestro_template.domain.model import Folder, Language, Template
from maestro_template.domain.ports import Caller, Renderer
from maestro_template.domain.usecases.authoring import Authoring


class Importing:
    """Reads what others wrote where it can do no harm, and adds it as any other template."""

    def __init__(self, renderer: Renderer, authoring: Authoring) -> None:
        self._renderer = renderer
        self._authoring = authoring

    async def add(
        self, caller: Caller, folder: Folder, language: Language | None, template_id: str
    ) -> tuple[Template, tuple[str, ...]]:
        """Add a template of another tool as a draft; also gives its hooks and extensions, none of which ran.

        Raises InvalidArgument (FORMAT_UNKNOWN, IMPORT_REFUSED), ResourceExhausted (RENDER_LIMIT,
        RENDERER_BUSY), and what creating a template raises.
        """
        imported = await self._renderer.convert(folder, language, template_id, caller.subject)
        try:
            template = await self._authoring.create(
                caller, imported.folder, message="Imported from another tool's template."
            )
        except InvalidArgument as error:
            missing = [name for name in imported.not_executed if name.startswith("extension ")]
            if error.reason != "TEMPLATE_INVALID" or not missing:
                raise
            raise InvalidArgument(
                f"{error.message}, as it rests on what is never run: {', '.join(missing)}",
                reason=error.reason,
                violations=error.violations,
            ) from error
        return template, imported.not_executed
