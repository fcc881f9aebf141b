"""The servicer of HealingService."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from maestro.healing.v1 import healing_pb2, healing_pb2_grpc
from maestro_core.context import current_principal
from maestro_core.errors import OutOfRange, PermissionDenied
from maestro_core.events.envelope import Event
from maestro_core.events.hub import Bookmark, Hub
from maestro_core.identity import Role
from maestro_core.rpc.uploads import received
from maestro_healing.backends.sources import Sources
from maestro_healing.domain.guard import Finding
from maestro_healing.domain.healing import Decision
from maestro_healing.domain.model import Verdict
from maestro_healing.domain.usecases.healing import HealingUseCases
from maestro_healing.domain.usecases.ports import ChangedFile, Engines, Query
from maestro_healing.domain.usecases.reviewing import Reviewing
from maestro_healing.domain.usecases.statistics import SECONDS_BY_CAUSE
from maestro_healing.events.messages import healing_message
from maestro_healing.rpc import requests

_LAST_WORD_SECONDS = 0.5
_ENDED = frozenset(
    {
        healing_pb2.HEALING_STATE_COMPLETED,
        healing_pb2.HEALING_STATE_FAILED,
        healing_pb2.HEALING_STATE_CANCELLED,
    }
)


class HealingServicer(healing_pb2_grpc.HealingServiceServicer):
    """Translates, and calls the use cases."""

    def __init__(
        self, healings: HealingUseCases, reviewing: Reviewing, sources: Sources, engines: Engines, hub: Hub
    ) -> None:
        self._healings = healings
        self._reviewing = reviewing
        self._sources = sources
        self._engines = engines
        self._hub = hub

    async def CreateHealing(
        self, request: healing_pb2.CreateHealingRequest, context: Any
    ) -> healing_pb2.CreateHealingResponse:
        """Start to heal a project."""
        healing = await self._healings.create(
            requests.tenant(request.parent),
            request.healing_id,
            requests.spec(request.spec),
            current_principal().subject,
            self._hub.position,
        )
        return healing_pb2.CreateHealingResponse(healing=healing_message(healing, report=True))

    async def GetHealing(
        self, request: healing_pb2.GetHealingRequest, context: Any
    ) -> healing_pb2.GetHealingResponse:
        """Give one, with its report."""
        sequence = self._hub.position
        healing = await self._healings.get(*requests.name(request.name))
        return healing_pb2.GetHealingResponse(
            healing=healing_message(healing, report=True), sequence=sequence
        )

    async def ListHealings(
        self, request: healing_pb2.ListHealingsRequest, context: Any
    ) -> healing_pb2.ListHealingsResponse:
        """Give some, without their reports."""
        sequence = self._hub.position
        query = Query(request.page_size, request.page_token, request.filter, request.order_by)
        page = await self._healings.list(requests.tenant(request.parent), query)
        return healing_pb2.ListHealingsResponse(
            healings=[healing_message(healing, report=False) for healing in page.items],
            next_page_token=page.next_page_token,
            sequence=sequence,
        )

    async def WatchHealing(
        self, request: healing_pb2.WatchHealingRequest, context: Any
    ) -> AsyncIterator[healing_pb2.WatchHealingResponse]:
        """Stream the progress of one until it has ended."""
        tenant, id = requests.name(request.name)
        healing = await self._healings.get(tenant, id)
        given = request.resume_token if request.HasField("resume_token") else None
        start = healing.watch_from if given is None else given
        events = self._hub.subscribe(tenant, start, lambda event: event.subject == request.name)
        patience = asyncio.get_running_loop().time() + _LAST_WORD_SECONDS
        async with aclosing(events):
            try:
                while True:
                    # One that has ended says so soon, unless that was seen already or is no longer kept.
                    async with asyncio.timeout_at(patience if healing.state.ended else None):
                        event = await anext(events)
                    entry = _watched(event)
                    start = entry.sequence
                    yield entry
                    if entry.healing.state in _ENDED:
                        return
            except OutOfRange:
                if given is not None or not healing.state.ended:
                    raise
            except TimeoutError:
                if not healing.state.ended:
                    raise
        yield healing_pb2.WatchHealingResponse(
            sequence=max(start, self._hub.position), healing=healing_message(healing, report=True)
        )

    async def CancelHealing(
        self, request: healing_pb2.CancelHealingRequest, context: Any
    ) -> healing_pb2.CancelHealingResponse:
        """Stop one."""
        healing = await self._healings.cancel(*requests.name(request.name))
        return healing_pb2.CancelHealingResponse(healing=healing_message(healing, report=True))

    async def ApproveHealing(
        self, request: healing_pb2.ApproveHealingRequest, context: Any
    ) -> healing_pb2.ApproveHealingResponse:
        """Note that a person agrees."""
        name = requests.name(request.name)
        healing = await self._healings.decide(*name, request.tests, Decision.APPROVED, request.comment)
        return healing_pb2.ApproveHealingResponse(healing=healing_message(healing, report=True))

    async def RejectHealing(
        self, request: healing_pb2.RejectHealingRequest, context: Any
    ) -> healing_pb2.RejectHealingResponse:
        """Note that a person disagrees."""
        name = requests.name(request.name)
        healing = await self._healings.decide(*name, request.tests, Decision.REJECTED, request.comment)
        return healing_pb2.RejectHealingResponse(healing=healing_message(healing, report=True))

    async def UploadProject(
        self, request_iterator: AsyncIterator[healing_pb2.UploadProjectRequest], context: Any
    ) -> healing_pb2.UploadProjectResponse:
        """Take a project as an archive."""
        header, data = await received(request_iterator)
        upload = await self._sources.take(requests.tenant(header.parent), data)
        return healing_pb2.UploadProjectResponse(project=upload.name, size_bytes=upload.size_bytes)

    async def CheckChange(
        self, request: healing_pb2.CheckChangeRequest, context: Any
    ) -> healing_pb2.CheckChangeResponse:
        """Review a change to tests."""
        principal = current_principal()
        if request.HasField("project") and not principal.may(Role.EDITOR):
            raise PermissionDenied(
                "To run a project's tests takes the role editor; without `project` nothing is run.",
                reason="ROLE_MISSING",
            )
        checked = await self._reviewing.check(
            requests.tenant(request.parent),
            [
                ChangedFile(
                    file.path,
                    file.old if file.HasField("old") else None,
                    file.new if file.HasField("new") else None,
                )
                for file in request.files
            ],
            requests.spec(request.project) if request.HasField("project") else None,
        )
        return healing_pb2.CheckChangeResponse(
            findings=map(_finding, checked.review.findings),
            expectations=map(_finding, checked.review.expectations),
            kept_kills=[
                healing_pb2.KeptKills(
                    test=test,
                    kills=kept.kills,
                    kept=kept.kept,
                    message=kept.sentence,
                    review=kept.needs_review,
                )
                for test, kept in checked.kept.items()
            ],
        )

    async def ListStrategies(
        self, request: healing_pb2.ListStrategiesRequest, context: Any
    ) -> healing_pb2.ListStrategiesResponse:
        """Give all of them."""
        return healing_pb2.ListStrategiesResponse(
            strategies=[
                healing_pb2.Strategy(
                    id=one.id, heals=one.heals, evidence=one.evidence, available=one.available
                )
                for one in await self._engines.strategies()
            ]
        )

    async def GetStatistics(
        self, request: healing_pb2.GetStatisticsRequest, context: Any
    ) -> healing_pb2.GetStatisticsResponse:
        """Count the tenant's healings."""
        found = await self._healings.statistics(requests.tenant(request.parent))
        message = healing_pb2.GetStatisticsResponse(
            completed=found.completed,
            failed=found.failed,
            open_reviews=found.open_reviews,
            strategies=[
                healing_pb2.StrategyStatistics(
                    strategy=count.strategy,
                    healed=count.verdicts[Verdict.HEALED],
                    proposed=count.verdicts[Verdict.PROPOSED],
                    refused=count.verdicts[Verdict.REFUSED],
                    unhealed=count.verdicts[Verdict.UNHEALED],
                    approved=count.decisions[Decision.APPROVED],
                    rejected=count.decisions[Decision.REJECTED],
                    success_rate=count.success_rate,
                    later_passed=count.later_passed,
                    later_failed=count.later_failed,
                )
                for count in found.strategies
            ],
        )
        message.time_saved.FromTimedelta(timedelta(seconds=found.seconds_saved))
        message.assumed_per_cause.FromTimedelta(timedelta(seconds=SECONDS_BY_CAUSE))
        return message


def _watched(event: Event | Bookmark) -> healing_pb2.WatchHealingResponse:
    entry = healing_pb2.WatchHealingResponse(sequence=event.sequence)
    if isinstance(event, Event):
        if event.type == healing_pb2.HealingProgress.DESCRIPTOR.full_name:
            entry.progress.ParseFromString(event.data)
        else:
            entry.healing.ParseFromString(event.data)
    return entry


def _finding(finding: Finding) -> healing_pb2.Finding:
    return healing_pb2.Finding(
        path=finding.file,
        line=finding.line,
        kind=finding.kind,
        test=finding.test,
        message=finding.message,
    )
