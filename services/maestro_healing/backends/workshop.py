"""Implements `domain.usecases.ports.Workshop`: private copies, an interpreter, an environment to run in."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from maestro_client import Endpoints, MaestroError, connect
from maestro_core.auth.tokens import Authority
from maestro_core.errors import FieldViolation, InvalidArgument, Unavailable
from maestro_core.rpc.tls import channel_credentials
from maestro_core.settings import Settings
from maestro_healing.backends import interpreters
from maestro_healing.backends.jobs import Command, Environment
from maestro_healing.backends.runner import EnvironmentRunner
from maestro_healing.backends.sources import Sources
from maestro_healing.backends.trees import Checkout
from maestro_healing.domain.errors import CannotHeal
from maestro_healing.domain.healing import Healing
from maestro_healing.domain.model import Progress, Stage
from maestro_healing.domain.ports import Listener, Side
from maestro_healing.domain.sources import FolderTree, Project
from maestro_healing.domain.usecases.ports import Opened

_BUILD_SECONDS = 900.0


class LocalWorkshop:
    """Copies go into a folder of the data directory; runs go to the Environment service."""

    def __init__(self, settings: Settings, sources: Sources, authority: Authority) -> None:
        self._settings = settings
        self._sources = sources
        self._authority = authority
        self._folder = settings.data_dir.absolute() / "healing" / "work"

    def clear(self) -> None:
        """Take away what a crash left."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)

    def check(self, healing: Healing) -> None:
        """Raise InvalidArgument, NotFound or PermissionDenied where the spec names what can't be had."""
        self._sources.check(healing.spec.source)
        interpreters.check(healing.spec.python)
        source, base = healing.spec.source, healing.spec.base_revision
        if source.path and base:
            try:
                Checkout.of(Path(source.path).resolve()).resolve(base)
            except CannotHeal as error:
                raise InvalidArgument(
                    error.message,
                    reason=error.reason,
                    violations=[FieldViolation("spec.base_revision", error.message)],
                ) from error

    @asynccontextmanager
    async def open(self, healing: Healing, tell: Listener) -> AsyncIterator[Opened]:
        """The project, ready until the block ends. Raises CannotHeal and DomainError."""
        work = Path(tempfile.mkdtemp(dir=self._folder, prefix=f"{healing.id[:40]}-"))
        tenant = healing.tenant
        settings = self._settings
        endpoints = Endpoints(*(settings.endpoint(name) for name in ("healing", "environment", "template")))
        peer = connect(
            endpoints,
            lambda: self._authority.for_tenant(tenant),
            credentials=channel_credentials(settings),
        )
        try:
            await tell(Progress(Stage.PREPARE, "copying the project"))
            folder = await self._sources.fetch(healing.spec.source, work / "source")
            checkout = Checkout.of(folder)
            project, base_revision = await asyncio.to_thread(_copies, checkout, healing, work)
            async with peer, Environment.lent(peer, tenant, healing.id) as environment:
                python, cache = await self._interpreter(healing, folder, project, environment, tell)
                workspaces = {Side.HEAD: await environment.upload(project.head.root)}
                if project.base is not None:
                    workspaces[Side.BASE] = await environment.upload(project.base.root)
                runner = EnvironmentRunner(environment, project, workspaces, python, cache)
                yield Opened(project, runner, checkout.head_revision(), base_revision)
        except MaestroError as error:
            raise Unavailable(
                f"The Environment service failed: {error.message}", reason=error.reason, retry_after=1
            ) from error
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)

    async def _interpreter(
        self, healing: Healing, folder: Path, project: Project, environment: Environment, tell: Listener
    ) -> tuple[str, str | None]:
        """The interpreter's path as jobs name it, and the cache that it lies in where it was built."""
        found = interpreters.find(healing.spec.python, folder)
        if found is not None:
            return found, None
        build = interpreters.plan(project.head.root)
        await tell(Progress(Stage.PREPARE, "building an environment from the project's metadata"))
        ended = await environment.run(
            Command(
                arguments=["sh", "-c", build.script],
                workspace=await environment.upload(project.head.root),
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


def _copies(checkout: Checkout, healing: Healing, work: Path) -> tuple[Project, str]:
    base_revision = healing.spec.base_revision
    head = work / "head"
    checkout.copy_working_tree(head)
    if not base_revision:
        return Project(FolderTree(head)), ""
    commit = checkout.resolve(base_revision)
    base = work / "base"
    checkout.copy_revision(commit, base)
    return Project(FolderTree(head), FolderTree(base), checkout.commits_since(commit)), str(commit.id)
