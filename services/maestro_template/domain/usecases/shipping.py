"""Bringing the templates that ship with Maestro into the shared tenant, and only what changed of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from maestro_core.errors import AlreadyExists
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.growth import first, with_version
from maestro_template.domain.model import SYSTEM_TENANT, Folder, Template, Visibility
from maestro_template.domain.ports import Caller, Repository, Source, StoredVersion, Templates

_CALLER = Caller(SYSTEM_TENANT, "maestro")


class Shipping:
    """Runs at every start; costs a hash of the catalogue where nothing changed."""

    def __init__(self, repository: Repository, templates: Templates) -> None:
        self._repository = repository
        self._templates = templates

    async def ship(self, folders: Iterable[Folder]) -> tuple[list[str], list[str]]:
        """Import new versions. Gives what was imported, and what could not be: changed without a new number.

        Raises InvalidArgument where a folder is no template.
        """
        imported: list[str] = []
        stale: list[str] = []
        for folder in folders:
            manifest = read_folder(folder)
            label = f"{manifest.id} {manifest.version}"
            template = await self._templates.find_shared(manifest.id)
            known = {version.number: version.digest for version in template.versions} if template else {}
            if manifest.version not in known:
                await self._add(template, Source("", manifest, folder))
                imported.append(label)
            elif known[manifest.version] != digest(folder):
                stale.append(label)
        return imported, stale

    async def _add(self, template: Template | None, source: Source) -> None:
        manifest = source.manifest
        stored: StoredVersion = await self._repository.commit(
            SYSTEM_TENANT,
            manifest.id,
            manifest.version,
            source.folder,
            author="maestro",
            message="Shipped with Maestro.",
        )
        if template is None:
            record = first(SYSTEM_TENANT, manifest.status, Visibility.SHARED, source, stored)
            # Another process that starts at the same time ships the same.
            with suppress(AlreadyExists):
                await self._templates.add(_CALLER, record)
            return

        def grow(found: Template) -> Template:
            return replace(
                with_version(found, source, stored), status=manifest.status, updated_at=stored.created_at
            )

        with suppress(AlreadyExists):
            await self._templates.change(_CALLER, manifest.id, grow)
