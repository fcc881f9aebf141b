"""How a template's record grows with its versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from maestro_core.errors import AlreadyExists
from maestro_template.domain.folder import digest
from maestro_template.domain.lifecycle import newest, precedence
from maestro_template.domain.model import README, Folder, Status, Template, Version, Visibility
from maestro_template.domain.ports import Source, StoredVersion

_README_CHARACTERS: Final = 4_000


def first(
    tenant: str, status: Status, visibility: Visibility, source: Source, stored: StoredVersion
) -> Template:
    """The record of a new template with its first version."""
    manifest = source.manifest
    return Template(
        tenant=tenant,
        id=manifest.id,
        name=manifest.name,
        summary=manifest.summary,
        category=manifest.category,
        kind=manifest.kind,
        owner=manifest.owner,
        status=status,
        visibility=visibility,
        tags=manifest.tags,
        readme=_readme(source.folder),
        versions=(_version(source, stored),),
        created_at=stored.created_at,
        updated_at=stored.created_at,
    )


def with_version(template: Template, source: Source, stored: StoredVersion) -> Template:
    """The record with one more version; what describes it follows the newest one.

    Raises AlreadyExists (VERSION_EXISTS).
    """
    require_new(template, stored.number)
    versions = tuple(sorted((*template.versions, _version(source, stored)), key=precedence))
    grown = replace(template, versions=versions)
    if newest(versions).number != stored.number:
        return grown
    manifest = source.manifest
    return replace(
        grown,
        name=manifest.name,
        summary=manifest.summary,
        category=manifest.category,
        kind=manifest.kind,
        tags=manifest.tags,
        readme=_readme(source.folder),
    )


def require_new(template: Template, number: str) -> None:
    """Raises AlreadyExists (VERSION_EXISTS)."""
    if any(version.number == number for version in template.versions):
        raise AlreadyExists(f"{template.id} has a version {number} already", reason="VERSION_EXISTS")


def _readme(folder: Folder) -> str:
    return folder[README].content.decode(errors="replace")[:_README_CHARACTERS] if README in folder else ""


def _version(source: Source, stored: StoredVersion) -> Version:
    return Version(
        number=stored.number,
        object_id=stored.object_id,
        digest=digest(source.folder),
        author=stored.author,
        message=stored.message,
        created_at=stored.created_at,
    )
