"""Implements `domain.usecases.ports.Workshop`: private copies, an interpreter, an environment to run in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from maestro.environment.v1 import environment_pb2
from maestro_client import Endpoints, Maestro, MaestroError, connect
from maestro_core.auth.tokens import Authority
from maestro_core.context import current_trace, remaining
from maestro_core.errors import FailedPrecondition, FieldViolation, InvalidArgument, Unavailable
from maestro_core.rpc.tls import channel_credentials
from maestro_core.settings import Settings
from maestro_healing.backends import interpreters
from maestro_healing.backends.copies import CopyOrder
from maestro_healing.backends.jobs import Command, Environment
from maestro_healing.backends.runner import EnvironmentRunner
from maestro_healing.backends.scratch import Scratch
from maestro_healing.backends.sources import Sources
from maestro_healing.backends.stacks import Stacks
from maestro_healing.backends.trees import Checkout
from maestro_healing.backends.workers.pool import WorkerPool
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.healing import Healing, HealingSpec
from maestro_healing.domain.model import Progress, Stage
from maestro_healing.domain.ports import Listener, Side
from maestro_healing.domain.usecases.ports import Opened, Visit

_BUILD_SECONDS = 900.0
_PEER_SECONDS = 5.0
# A service that stops cancels the calls that it still serves.
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)


class LocalWorkshop:
    """Copies go into a folder of this process's own; runs go to the Environment service."""

    def __init__(
        self,
        settings: Settings,
        authority: Authority,
        sources: Sources,
        workers: WorkerPool,
        scratch: Scratch,
    ) -> None:
        self._settings = settings
        self._authority = authority
        self._sources = sources
        self._workers = workers
        self._scratch = scratch

    async def check(self, healing: Healing) -> None:
        """Raise a DomainError where the spec names what can't be had, or the Environment service is away."""
        await self.check_spec(healing.spec)
        try:
            async with self._peer(healing.tenant) as peer:
                request = environment_pb2.GetCapacityRequest(parent=f"tenants/{healing.tenant}")
                await peer.environments.GetCapacity(request, timeout=_PEER_SECONDS)
        except MaestroError as error:
            raise _away(error) from error

    async def check_spec(self, spec: HealingSpec) -> None:
        """Raise a DomainError where the spec names what can't be had."""
        await asyncio.to_thread(self._check, spec)

    def _check(self, spec: HealingSpec) -> None:
        self._sources.check(spec.source)
        interpreters.check(spec.python)
        source, base = spec.source, spec.base_revision
        if source.path and base:
            try:
                Checkout.of(Path(source.path)).resolve(base)
            except CannotHeal as error:
                if error.reason == "NO_GIT_HISTORY":
                    raise FailedPrecondition(error.message, reason=error.reason) from error
                raise InvalidArgument(
                    error.message,
                    reason=error.reason,
                    violations=[
                        FieldViolation("spec.base_revision", "is no revision of the project's history")
                    ],
                ) from error

    @asynccontextmanager
    async def open(self, visit: Visit, tell: Listener) -> AsyncIterator[Opened]:
        """The project, ready until the block ends. Raises CannotHeal and DomainError."""
        work = self._scratch.new(visit.id[:40])
        tenant = visit.tenant
        try:
            await tell(Progress(Stage.PREPARE, "copying the project"))
            spec = visit.spec
            folder = await self._sources.fetch(spec.source, work / "source")
            # Of a clone nothing is checked out.
            revision = (spec.source.git_revision or "HEAD") if spec.source.git_url else ""
            order = CopyOrder(folder, work, revision, spec.base_revision, alone=not spec.source.path)
            copies = await self._workers.copy(order)
            project = copies.project
            async with self._peer(tenant) as peer, Environment.lent(peer, visit) as environment:
                python, cache = await self._interpreter(
                    spec.python or copies.python, project.head.root, environment, tell
                )
                workspaces = {Side.HEAD: await environment.upload(project.head.root)}
                if project.base is not None:
                    workspaces[Side.BASE] = await environment.upload(project.base.root)
                runner = EnvironmentRunner(
                    environment, project, workspaces, python, cache, Stacks(peer, visit)
                )
                yield Opened(project, runner, copies.head_revision, copies.base_revision)
        except MaestroError as error:
            if error.code in _AWAY:
                raise _away(error) from error
            raise CannotHeal(
                error.reason or "ENVIRONMENT_REFUSED", f"The Environment service refused: {error.message}"
            ) from error
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)

    async def _interpreter(
        self, found: str | None, tree: Path, environment: Environment, tell: Listener
    ) -> tuple[str, str | None]:
        """The interpreter's path as jobs name it, and the cache that it lies in where it was built."""
        if found:
            return found, None
        build = await asyncio.to_thread(interpreters.plan, tree)
        await tell(Progress(Stage.PREPARE, "building an environment from the project's metadata"))
        ended = await environment.run(
            Command(
                arguments=build.command,
                workspace=await environment.upload(tree),
                env=build.env,
                caches={build.cache: True, interpreters.INSTALLER_CACHE: True},
                timeout=_BUILD_SECONDS,
                network=True,
            )
        )
        if not ended.job.HasField("exit_code") or ended.job.exit_code != 0:
            tail = ended.log_tail.strip()[-1500:] or ended.job.failure.message
            raise CannotHeal(
                "ENVIRONMENT_BUILD_FAILED",
                f"What the tests need could not be installed; name an interpreter that has it. {tail}",
            )
        return build.python, build.cache

    def _peer(self, tenant: str) -> Maestro:
        settings = self._settings
        return connect(
            Endpoints(*(settings.endpoint(name) for name in ("healing", "environment", "template"))),
            lambda: self._authority.for_tenant(tenant),
            credentials=channel_credentials(settings),
            trace=current_trace,
            remaining=remaining,
        )


def _away(error: MaestroError) -> Unavailable:
    return Unavailable(
        f"The Environment service can't be used: {error.message}",
        reason="ENVIRONMENT_UNAVAILABLE",
        metadata={"peer_reason": error.reason},
        retry_after=error.retry_after or 1,
    )
