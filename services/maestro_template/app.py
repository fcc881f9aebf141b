"""The Template service, wired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from maestro.template.v1 import template_pb2, template_pb2_grpc, workflow_pb2, workflow_pb2_grpc
from maestro_core.clock import SystemClock
from maestro_core.errors import DomainError
from maestro_core.events.commands import Command
from maestro_core.events.streams import TEMPLATE_REQUESTS, TEMPLATE_RESULTS, TEMPLATE_WORKERS
from maestro_core.foundation import foundation
from maestro_core.logs import get_logger
from maestro_core.rpc.server import Server, Service
from maestro_core.settings import Settings
from maestro_template.backends.git.merging import GitLineMerger
from maestro_template.backends.git.remotes import GitRemotes
from maestro_template.backends.git.repository import GitRepository
from maestro_template.backends.render.pool import RenderPool
from maestro_template.backends.search.index import TantivyIndex
from maestro_template.backends.shipped import shipped_folders
from maestro_template.domain.gate import Gate
from maestro_template.domain.usecases.authoring import Authoring
from maestro_template.domain.usecases.importing import Importing
from maestro_template.domain.usecases.reading import Reading
from maestro_template.domain.usecases.recovery import Recovery
from maestro_template.domain.usecases.rendering import Rendering
from maestro_template.domain.usecases.shipping import Shipping
from maestro_template.domain.usecases.syncing import Syncing
from maestro_template.domain.usecases.updating import Updating
from maestro_template.rpc.servicer import TemplateServicer
from maestro_template.store.schema import METADATA
from maestro_template.store.templates import TemplateStore

_log = get_logger(__name__)
_RPC: Final = "/maestro.template.v1.TemplateService/"


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with build(settings) as server:
        await server.run()


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Server]:
    """The service with all that it needs, up to a server that has yet to run."""
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(
            foundation(settings, "template", METADATA, watched=TEMPLATE_RESULTS)
        )
        renderer = await stack.enter_async_context(RenderPool())
        clock = SystemClock()
        repository = GitRepository(settings.data_dir / "template" / "git", clock)
        templates = TemplateStore(base.database)
        index = TantivyIndex()
        await _ship(Shipping(repository, templates))
        await index.rebuild(await templates.all())
        await stack.enter_async_context(_background(_recover(Recovery(repository, templates, clock))))
        gate = Gate(renderer)
        authoring = Authoring(repository, templates, gate, index, clock)
        remotes = GitRemotes(repository, settings.template_remotes, clock)
        servicer = TemplateServicer(
            Reading(repository, templates, index),
            authoring,
            Rendering(repository, templates, renderer),
            Importing(renderer, authoring),
            Updating(repository, templates, renderer, GitLineMerger()),
            Syncing(repository, templates, remotes, gate, index),
            base.hub,
        )
        yield await stack.enter_async_context(
            base.serving(
                [
                    Service(
                        template_pb2.DESCRIPTOR.services_by_name["TemplateService"],
                        template_pb2_grpc.add_TemplateServiceServicer_to_server,
                        servicer,
                    ),
                    Service(
                        workflow_pb2.DESCRIPTOR.services_by_name["WorkflowService"],
                        workflow_pb2_grpc.add_WorkflowServiceServicer_to_server,
                        workflow_pb2_grpc.WorkflowServiceServicer(),
                    ),
                ],
                _commands(servicer),
                stream=TEMPLATE_REQUESTS,
                group=TEMPLATE_WORKERS,
                results=TEMPLATE_RESULTS,
            )
        )


def _commands(servicer: TemplateServicer) -> list[Command]:
    """What the request stream takes: the same handlers as the RPCs."""
    return [
        Command(template_pb2.CreateTemplateRequest, f"{_RPC}CreateTemplate", servicer.CreateTemplate),
        Command(template_pb2.UpdateTemplateRequest, f"{_RPC}UpdateTemplate", servicer.UpdateTemplate),
        Command(template_pb2.DeleteTemplateRequest, f"{_RPC}DeleteTemplate", servicer.DeleteTemplate),
        Command(template_pb2.RollbackTemplateRequest, f"{_RPC}RollbackTemplate", servicer.RollbackTemplate),
        Command(template_pb2.ImportTemplateRequest, f"{_RPC}ImportTemplate", servicer.ImportTemplate),
        Command(template_pb2.RenderTemplateRequest, f"{_RPC}RenderTemplate", servicer.RenderTemplate),
        Command(
            template_pb2.TransitionTemplateRequest, f"{_RPC}TransitionTemplate", servicer.TransitionTemplate
        ),
    ]


async def _ship(shipping: Shipping) -> None:
    imported, stale = await shipping.ship(shipped_folders())
    if imported:
        _log.info("templates shipped", templates=imported)
    if stale:
        _log.warning("shipped templates changed without a new version; left as they were", templates=stale)


async def _recover(recovery: Recovery) -> None:
    try:
        if withdrawn := await recovery.recover():
            _log.info("unanswered commits withdrawn", commits=withdrawn)
    except DomainError as error:
        _log.warning("the search for unanswered commits failed; the next start repeats it", error=str(error))


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let something that nobody waits for run while the service does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
