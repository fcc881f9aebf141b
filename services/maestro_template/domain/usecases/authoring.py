"""Making templates and changing them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from semver import Version as SemVer

from maestro_core.errors import (
    Aborted,
    AlreadyExists,
    DomainError,
    FailedPrecondition,
    FieldViolation,
    InvalidArgument,
)
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.gate import Gate
from maestro_template.domain.growth import first, require_new, with_version
from maestro_template.domain.lifecycle import RELEASED, check_transition, newest, pick
from maestro_template.domain.model import (
    MANIFEST,
    File,
    Folder,
    Manifest,
    Status,
    Template,
    Visibility,
)
from maestro_template.domain.ports import (
    Caller,
    Clock,
    Repository,
    SearchIndex,
    Source,
    StoredVersion,
    Templates,
)
from maestro_template.domain.usecases.access import not_found

_VERSION_LINE: Final = re.compile(rb"^version:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change about a template: None leaves a thing as it is."""

    folder: Folder | None = None
    visibility: Visibility | None = None
    owner: str | None = None
    message: str = ""
    etag: str = ""


class Authoring:
    """The use cases that change templates.

    Contents go to git first and then into the index. Where the index refuses, the commit is withdrawn; where
    a crash came in between, `Recovery` does so later.
    """

    def __init__(
        self, repository: Repository, templates: Templates, gate: Gate, index: SearchIndex, clock: Clock
    ) -> None:
        self._repository = repository
        self._templates = templates
        self._gate = gate
        self._index = index
        self._clock = clock

    async def create(
        self,
        caller: Caller,
        folder: Folder,
        *,
        template_id: str = "",
        visibility: Visibility | None = None,
        message: str = "",
    ) -> Template:
        """Add a template with its first version.

        Raises InvalidArgument (FILES_INVALID, MANIFEST_INVALID, TEMPLATE_INVALID), AlreadyExists
        (TEMPLATE_EXISTS, VERSION_EXISTS), ResourceExhausted (TEMPLATE_TOO_LARGE), FailedPrecondition
        (SHARING_REFUSED).
        """
        if earlier := await self._templates.earlier():
            return earlier
        source = await self._check(folder, template_id)
        manifest = source.manifest
        _refuse_sharing(visibility or manifest.visibility)
        if await self._templates.find(caller.tenant, manifest.id):
            raise AlreadyExists(f"there is a template {manifest.id} already", reason="TEMPLATE_EXISTS")
        stored = await self._commit(caller, manifest, folder, message)
        template = first(caller.tenant, Status.DRAFT, Visibility.TENANT, source, stored)
        try:
            template = await self._templates.add(caller, template)
        except DomainError:
            await self._withdraw(caller, stored)
            raise
        await self._index.put(template)
        return template

    async def update(self, caller: Caller, template_id: str, edit: Edit) -> Template:
        """Add a version, or change what belongs to none.

        Raises NotFound (TEMPLATE_NOT_FOUND), Aborted (ETAG_MISMATCH), FailedPrecondition (TEMPLATE_SHARED,
        TEMPLATE_REVOKED, GATE_FAILED, MAJOR_VERSION_NEEDED), and what `create` raises for bad files.
        """
        if earlier := await self._templates.earlier():
            return earlier
        template = await self._current(caller, template_id, edit.etag)
        _refuse_sharing(edit.visibility)
        if edit.folder is None:
            return await self._change(caller, template_id, edit, lambda found: found)
        if template.status is Status.REVOKED:
            raise FailedPrecondition(
                f"{template_id} is revoked: it takes no new version", reason="TEMPLATE_REVOKED"
            )
        source = await self._check(edit.folder, template_id)
        require_new(template, source.manifest.version)
        if template.status in RELEASED:
            previous = await self._repository.read(caller.tenant, newest(template.versions).object_id)
            await self._gate.require_releasable(source, previous)
        stored = await self._commit(caller, source.manifest, edit.folder, edit.message)
        try:
            return await self._change(
                caller, template_id, edit, lambda found: with_version(found, source, stored)
            )
        except DomainError:
            await self._withdraw(caller, stored)
            raise

    async def rollback(self, caller: Caller, template_id: str, number: str, etag: str = "") -> Template:
        """Add a version with the content of an earlier one, numbered after the newest.

        Raises NotFound (TEMPLATE_NOT_FOUND, VERSION_NOT_FOUND) and what `update` raises.
        """
        if earlier := await self._templates.earlier():
            return earlier
        template = await self._current(caller, template_id, etag)
        old = await self._repository.read(caller.tenant, pick(template, number).object_id)
        highest = max(SemVer.parse(version.number) for version in template.versions)
        text = _VERSION_LINE.sub(
            f"version: {highest.bump_patch()}".encode(), old.folder[MANIFEST].content, count=1
        )
        folder = {**old.folder, MANIFEST: File(text)}
        message = f"Back to the content of {number}."
        return await self.update(caller, template_id, Edit(folder=folder, message=message, etag=etag))

    async def delete(self, caller: Caller, template_id: str, etag: str = "") -> None:
        """Take a template out of the catalogue; its commits stay in git.

        Raises NotFound (TEMPLATE_NOT_FOUND), Aborted (ETAG_MISMATCH).
        """
        if await self._templates.earlier():
            return
        await self._current(caller, template_id, etag)
        await self._templates.remove(caller, template_id, etag=etag)
        await self._repository.remove(caller.tenant, template_id)
        await self._index.remove(caller.tenant, template_id)

    async def transition(
        self, caller: Caller, template_id: str, target: Status, comment: str = "", etag: str = ""
    ) -> Template:
        """Move a template on in its life; publishing runs the gate on its newest version.

        Raises NotFound (TEMPLATE_NOT_FOUND), Aborted (ETAG_MISMATCH), FailedPrecondition (TRANSITION_REFUSED,
        GATE_FAILED).
        """
        if earlier := await self._templates.earlier():
            return earlier
        template = await self._current(caller, template_id, etag)
        check_transition(template, target)
        source = await self._repository.read(caller.tenant, newest(template.versions).object_id)
        if target is Status.PUBLISHED:
            await self._gate.require_releasable(source, None)

        def move(found: Template) -> Template:
            check_transition(found, target)
            if found.versions != template.versions:
                raise Aborted(
                    "a version was added meanwhile; look at it and try again", reason="ETAG_MISMATCH"
                )
            return replace(found, status=target, updated_at=self._clock.now())

        changed = await self._templates.change(caller, template_id, move, etag=etag, comment=comment)
        await self._index.put(changed)
        return changed

    async def _check(self, folder: Folder, template_id: str) -> Source:
        manifest = read_folder(folder)
        if template_id and template_id != manifest.id:
            raise InvalidArgument(
                f"the files are those of {manifest.id!r}, not of {template_id!r}",
                reason="MANIFEST_INVALID",
                violations=[FieldViolation("id", f"must be {template_id}")],
            )
        if manifest.status is not Status.DRAFT:
            raise InvalidArgument(
                "a template starts as a draft and moves on by TransitionTemplate",
                reason="MANIFEST_INVALID",
                violations=[FieldViolation("status", "must be draft, or be left out")],
            )
        source = Source(digest(folder), manifest, folder)
        await self._gate.require_compiling(source)
        return source

    async def _commit(
        self, caller: Caller, manifest: Manifest, folder: Folder, message: str
    ) -> StoredVersion:
        return await self._repository.commit(
            caller.tenant, manifest.id, manifest.version, folder, author=caller.subject, message=message
        )

    async def _withdraw(self, caller: Caller, stored: StoredVersion) -> None:
        template = await self._templates.find(caller.tenant, stored.template_id)
        # Another writer may have stored the very same content: then the commit is theirs too.
        if template is None or all(version.object_id != stored.object_id for version in template.versions):
            await self._repository.withdraw(caller.tenant, stored)

    async def _current(self, caller: Caller, template_id: str, etag: str) -> Template:
        template = await self._templates.find(caller.tenant, template_id)
        if template is None and await self._templates.find_shared(template_id):
            raise FailedPrecondition(
                f"{template_id} is shared by everybody and can't be changed; create one of your own",
                reason="TEMPLATE_SHARED",
            )
        if template is None:
            raise not_found(template_id)
        if etag and etag != template.etag:
            raise Aborted("the template has changed since it was read", reason="ETAG_MISMATCH")
        return template

    async def _change(
        self, caller: Caller, template_id: str, edit: Edit, grow: Callable[[Template], Template]
    ) -> Template:
        def apply(found: Template) -> Template:
            return replace(
                grow(found),
                visibility=edit.visibility or found.visibility,
                owner=edit.owner or found.owner,
                updated_at=self._clock.now(),
            )

        template = await self._templates.change(caller, template_id, apply, etag=edit.etag)
        await self._index.put(template)
        return template


def _refuse_sharing(visibility: Visibility | None) -> None:
    if visibility is Visibility.SHARED:
        raise FailedPrecondition(
            "only the templates that ship with Maestro are shared with every tenant",
            reason="SHARING_REFUSED",
            violations=[FieldViolation("visibility", "must be the tenant")],
        )
