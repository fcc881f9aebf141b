"""A backend under test, with what tests ask of it and look for after it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local import sweep
from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launcher.tree import Process
from maestro_environment.backends.local.machine import Machine
from maestro_environment.backends.local.tools import Tools
from maestro_environment.domain.environment import (
    Connection,
    Environment,
    EnvironmentSpec,
    Limits,
    ServiceKind,
)
from maestro_environment.domain.job import Job, JobOutcome, JobSpec
from maestro_environment.domain.names import EnvironmentName, JobName
from maestro_environment.domain.ports import Backend, Observed
from tests import leftovers

_MIB = 2**20
_numbers = itertools.count()


@dataclass(frozen=True)
class Means:
    """What a machine lets us do at most."""

    walls: bool = True
    groups: bool = True

    def bound(self, patch: pytest.MonkeyPatch) -> None:
        """Let attempts at more than this fail."""
        attempt = Tools._try

        async def bounded(
            tools: Tools, machine: Machine, command: Sequence[str], rlimits: Mapping[str, int] | None = None
        ) -> int | None:
            if (machine.walls and not self.walls) or (machine.group and not self.groups):
                return None
            return await attempt(tools, machine, command, rlimits)

        patch.setattr(Tools, "_try", bounded)


@dataclass
class Place:
    """One backend, and the files around it."""

    backend: Backend
    files: JobFolders
    workspaces: WorkspaceFolders
    data_dir: Path
    ports: set[int] = field(default_factory=set)

    async def environment(self, *services: ServiceKind) -> Environment:
        """An environment that is ready."""
        environment = self.planned(*services)
        await self.backend.provision(environment)
        for connection in await self.backend.connections(environment):
            self.ports.add(self.port(connection))
        return environment

    @staticmethod
    def port(connection: Connection) -> int:
        """The port that a client on the host connects to."""
        return int(connection.uri.rpartition(":")[2].partition("/")[0])

    async def reaches(self, environment: Environment, wanted: Observed, seconds: float = 5) -> None:
        """Wait until this is what is seen of an environment."""
        deadline = time.monotonic() + seconds
        while await self.backend.observe(environment) is not wanted:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    def planned(self, *services: ServiceKind) -> Environment:
        """The record of an environment of which nothing is there yet."""
        now = datetime.now(UTC)
        spec = EnvironmentSpec(services, Limits(2048 * _MIB, 0, 512, 1024 * _MIB))
        name = EnvironmentName("t1", f"env-{next(_numbers)}")
        return Environment(name, spec, "me", self.backend.isolation, now, now, now + timedelta(hours=1))

    def job(self, environment: Environment, *command: str, **spec: object) -> Job:
        """The record of a job, with small limits."""
        base = JobSpec(command, timeout=timedelta(seconds=20), limits=Limits(256 * _MIB, 0, 48, 64 * _MIB))
        name = JobName(environment.name, f"job-{next(_numbers)}")
        return Job(name, replace(base, **spec), datetime.now(UTC))

    async def run(self, environment: Environment, *command: str, **spec: object) -> tuple[JobOutcome, str]:
        """Run a job; how it ended, and what it printed."""
        job = self.job(environment, *command, **spec)
        outcome = await self.backend.run_job(environment, job)
        return outcome, await self.log(job)

    async def log(self, job: Job) -> str:
        """All that a job printed."""
        text, offset = b"", 0
        while piece := await self.files.read_log(job.name, offset):
            text += piece
            offset += len(piece)
        return text.decode(errors="replace")

    def processes(self, environment: EnvironmentName | None = None) -> list[Process]:
        """Processes of this installation, or of one environment, wherever they are."""
        found = sweep.processes(Home(self.data_dir / "environment"))
        return [process for process, name in found if environment is None or name == str(environment)]

    def groups(self) -> list[Path]:
        """Control groups of this installation."""
        return list(leftovers.called(Home(self.data_dir / "environment").instance))

    def listening(self) -> set[int]:
        """Ports that were given out and on which somebody listens still."""
        return self.ports & {
            connection.laddr.port
            for connection in psutil.net_connections("tcp4")
            if connection.status == psutil.CONN_LISTEN
        }
