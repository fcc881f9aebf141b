"""TemplateService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import grpc

from maestro.template.v1 import template_pb2, template_pb2_grpc
from maestro_core.context import current_principal
from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_core.events.hub import Hub
from maestro_template.domain.lifecycle import newest
from maestro_template.domain.model import Template
from maestro_template.domain.ports import Caller, Query, SearchQuery
from maestro_template.domain.usecases.authoring import Authoring, Edit
from maestro_template.domain.usecases.importing import Importing
from maestro_template.domain.usecases.reading import Reading
from maestro_template.domain.usecases.rendering import Rendering
from maestro_template.domain.usecases.syncing import Syncing
from maestro_template.domain.usecases.updating import Updating
from maestro_template.events.changes import watch_changes
from maestro_template.rpc import translation
from maestro_template.rpc.offsets import next_offset, offset_of
from maestro_template.store.messages import status_of, template_message, visibility_of

_DEFAULT_PAGE: Final = 50
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any] | None"


class TemplateServicer(template_pb2_grpc.TemplateServiceServicer):
    """Translates requests into use cases, and what these give into answers."""

    def __init__(
        self,
        reading: Reading,
        authoring: Authoring,
        rendering: Rendering,
        importing: Importing,
        updating: Updating,
        syncing: Syncing,
        hub: Hub,
    ) -> None:
        self._reading = reading
        self._authoring = authoring
        self._rendering = rendering
        self._importing = importing
        self._updating = updating
        self._syncing = syncing
        self._hub = hub

    async def CreateTemplate(
        self, request: template_pb2.CreateTemplateRequest, context: Context
    ) -> template_pb2.CreateTemplateResponse:
        """Add a template, with its first version, as a draft."""
        template = await self._authoring.create(
            _caller(),
            translation.folder_of(request.files),
            template_id=request.template_id,
            visibility=visibility_of(request.visibility),
            message=request.message,
        )
        return template_pb2.CreateTemplateResponse(template=await self._shown(template))

    async def GetTemplate(
        self, request: template_pb2.GetTemplateRequest, context: Context
    ) -> template_pb2.GetTemplateResponse:
        """Give one template at one version."""
        sequence = self._hub.position
        tenant, template_id = _parts(request.name)
        shown = await self._reading.get(tenant, template_id, request.version)
        message = translation.shown_message(tenant, shown, files=request.include_files)
        return template_pb2.GetTemplateResponse(template=message, sequence=sequence)

    async def ListTemplates(
        self, request: template_pb2.ListTemplatesRequest, context: Context
    ) -> template_pb2.ListTemplatesResponse:
        """List the templates that the tenant can see."""
        sequence = self._hub.position
        tenant = _caller().tenant
        page = await self._reading.list(
            tenant, Query(request.page_size, request.page_token, request.filter, request.order_by)
        )
        return template_pb2.ListTemplatesResponse(
            templates=[template_message(tenant, template) for template in page.templates],
            next_page_token=page.next_page_token,
            sequence=sequence,
        )

    async def UpdateTemplate(
        self, request: template_pb2.UpdateTemplateRequest, context: Context
    ) -> template_pb2.UpdateTemplateResponse:
        """Add a version, or change what belongs to no version."""
        visibility, owner = translation.changes_of(request.template, request.update_mask.paths)
        if not request.files and visibility is None and owner is None:
            raise InvalidArgument(
                "nothing is to be changed",
                reason="UPDATE_EMPTY",
                violations=[FieldViolation("files", "is empty, and so is update_mask")],
            )
        edit = Edit(
            folder=translation.folder_of(request.files) if request.files else None,
            visibility=visibility,
            owner=owner,
            message=request.message,
            etag=request.etag,
        )
        template = await self._authoring.update(_caller(), _parts(request.template.name)[1], edit)
        return template_pb2.UpdateTemplateResponse(template=await self._shown(template))

    async def DeleteTemplate(
        self, request: template_pb2.DeleteTemplateRequest, context: Context
    ) -> template_pb2.DeleteTemplateResponse:
        """Take a template out of the catalogue."""
        await self._authoring.delete(_caller(), _parts(request.name)[1], request.etag)
        return template_pb2.DeleteTemplateResponse()

    async def SearchTemplates(
        self, request: template_pb2.SearchTemplatesRequest, context: Context
    ) -> template_pb2.SearchTemplatesResponse:
        """Find templates by words, with facets."""
        sequence = self._hub.position
        tenant = _caller().tenant
        facets = {facet.facet: list(facet.values) for facet in request.facets}
        offset = offset_of(request.page_token, request.query, facets)
        size = request.page_size or _DEFAULT_PAGE
        found = await self._reading.search(tenant, SearchQuery(request.query, facets, size, offset))
        return template_pb2.SearchTemplatesResponse(
            hits=[
                template_pb2.SearchHit(template=template_message(tenant, template), score=hit.score)
                for hit, template in found.hits
            ],
            facets=[
                template_pb2.FacetCounts(facet=facet, counts=counts)
                for facet, counts in found.result.facets.items()
            ],
            total=found.result.total,
            next_page_token=next_offset(offset + size, found.result.total, request.query, facets),
            sequence=sequence,
        )

    async def ListVersions(
        self, request: template_pb2.ListVersionsRequest, context: Context
    ) -> template_pb2.ListVersionsResponse:
        """List the versions of a template, newest first."""
        tenant, template_id = _parts(request.name)
        versions = await self._reading.versions(tenant, template_id)
        offset = offset_of(request.page_token, request.name, {})
        end = offset + (request.page_size or _DEFAULT_PAGE)
        return template_pb2.ListVersionsResponse(
            versions=[translation.version_message(version) for version in versions[offset:end]],
            next_page_token=next_offset(end, len(versions), request.name, {}),
        )

    async def DiffVersions(
        self, request: template_pb2.DiffVersionsRequest, context: Context
    ) -> template_pb2.DiffVersionsResponse:
        """Say what changed between two versions."""
        changes = await self._reading.diff(*_parts(request.name), request.from_version, request.to_version)
        return translation.diff_message(changes)

    async def RollbackTemplate(
        self, request: template_pb2.RollbackTemplateRequest, context: Context
    ) -> template_pb2.RollbackTemplateResponse:
        """Add a version with the content of an earlier one."""
        template = await self._authoring.rollback(
            _caller(), _parts(request.name)[1], request.version, request.etag
        )
        return template_pb2.RollbackTemplateResponse(template=await self._shown(template))

    async def RenderTemplate(
        self, request: template_pb2.RenderTemplateRequest, context: Context
    ) -> template_pb2.RenderTemplateResponse:
        """Render a template with answers."""
        rendered, version = await self._rendering.render(
            _caller(),
            _parts(request.name)[1],
            request.version,
            translation.answers_of(request.answers),
            request.only,
        )
        return template_pb2.RenderTemplateResponse(
            files=translation.file_messages(rendered.files),
            version=version.number,
            answers=translation.struct_of(rendered.answers),
        )

    async def ValidateTemplate(
        self, request: template_pb2.ValidateTemplateRequest, context: Context
    ) -> template_pb2.ValidateTemplateResponse:
        """Check a template, one in the catalogue or one that is not there yet."""
        if bool(request.files) == bool(request.template):
            raise InvalidArgument(
                "give either the name of a template or files",
                reason="VALIDATION_AMBIGUOUS",
                violations=[FieldViolation("template", "is needed, or files, and not both")],
            )
        if request.files:
            problems = await self._rendering.validate_folder(translation.folder_of(request.files))
        else:
            template_id = _own_template(request.template)
            problems = await self._rendering.validate(_caller().tenant, template_id, request.version)
        return template_pb2.ValidateTemplateResponse(
            problems=[translation.problem_message(problem) for problem in problems]
        )

    async def TransitionTemplate(
        self, request: template_pb2.TransitionTemplateRequest, context: Context
    ) -> template_pb2.TransitionTemplateResponse:
        """Move a template on in its life."""
        template = await self._authoring.transition(
            _caller(), _parts(request.name)[1], status_of(request.status), request.comment, request.etag
        )
        return template_pb2.TransitionTemplateResponse(template=await self._shown(template))

    async def ImportTemplate(
        self, request: template_pb2.ImportTemplateRequest, context: Context
    ) -> template_pb2.ImportTemplateResponse:
        """Add a template of another tool, and say what of it is never executed."""
        template, not_executed = await self._importing.add(
            _caller(),
            translation.folder_of(request.files),
            translation.language_of(request.format),
            request.template_id,
        )
        return template_pb2.ImportTemplateResponse(
            template=await self._shown(template), not_executed=not_executed
        )

    async def UpdateProject(
        self, request: template_pb2.UpdateProjectRequest, context: Context
    ) -> template_pb2.UpdateProjectResponse:
        """Merge a newer version of its template into a project."""
        update = await self._updating.update(
            _caller().tenant,
            translation.folder_of(request.files),
            request.version,
            translation.answers_of(request.answers),
        )
        return template_pb2.UpdateProjectResponse(
            files=translation.file_messages(update.files),
            diff=translation.diff_message(update.changes).diff,
            conflicts=translation.file_messages(update.conflicts),
            problems=[translation.problem_message(problem) for problem in update.problems],
            from_version=update.from_version,
            to_version=update.to_version,
        )

    async def SyncRepository(
        self, request: template_pb2.SyncRepositoryRequest, context: Context
    ) -> template_pb2.SyncRepositoryResponse:
        """Pull from and push to a remote."""
        outcome = await self._syncing.sync(_caller(), request.remote, pull=request.pull, push=request.push)
        return template_pb2.SyncRepositoryResponse(
            pulled=outcome.pulled,
            pushed=outcome.pushed,
            conflicts=outcome.conflicts,
            refused=[
                template_pb2.RefusedBranch(branch=branch, reason=reason)
                for branch, reason in outcome.refused.items()
            ],
        )

    async def WatchTemplates(
        self, request: template_pb2.WatchTemplatesRequest, context: Context
    ) -> AsyncIterator[template_pb2.WatchTemplatesResponse]:
        """Stream the changes of templates."""
        token = request.resume_token if request.HasField("resume_token") else None
        async with aclosing(watch_changes(self._hub, _caller().tenant, token)) as changes:
            async for sequence, change in changes:
                yield template_pb2.WatchTemplatesResponse(sequence=sequence, change=change)

    async def GetStatistics(
        self, request: template_pb2.GetStatisticsRequest, context: Context
    ) -> template_pb2.GetStatisticsResponse:
        """Count the tenant's templates and their use."""
        counted = await self._reading.statistics(_caller().tenant)
        return template_pb2.GetStatisticsResponse(
            templates=counted.templates,
            by_status=counted.by_status,
            by_category=counted.by_category,
            renders=counted.renders,
        )

    async def _shown(self, template: Template) -> template_pb2.Template:
        shown = await self._reading.show(template, newest(template.versions))
        return translation.shown_message(template.tenant, shown)


def _caller() -> Caller:
    principal = current_principal()
    return Caller(principal.tenant, principal.subject)


def _parts(name: str) -> tuple[str, str]:
    """Tenant and id of a template's name, which was checked before it came here."""
    _, tenant, _, template_id = name.split("/")
    return tenant, template_id


def _own_template(name: str) -> str:
    tenant = _caller().tenant
    prefix = f"tenants/{tenant}/templates/"
    if not name.startswith(prefix) or "/" in name.removeprefix(prefix):
        raise InvalidArgument(
            "this is not the name of a template of yours",
            reason="NAME_INVALID",
            violations=[FieldViolation("template", f"must be {prefix}…")],
        )
    return name.removeprefix(prefix)
