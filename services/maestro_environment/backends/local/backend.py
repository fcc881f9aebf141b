"""Environments of real processes on this machine."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from maestro_core.errors import FailedPrecondition
from maestro_environment.backends.files import trees
from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local import launch, sweep, tunnel
from maestro_environment.backends.local.cgroups import Group
from maestro_environment.backends.local.home import Home, group_name
from maestro_environment.backends.local.machine import Machine
from maestro_environment.backends.local.planning import Planner
from maestro_environment.backends.local.postgresql import PostgreSQL
from maestro_environment.backends.local.runs import Runs
from maestro_environment.backends.local.servers import Kind, Place, Server
from maestro_environment.backends.local.tools import Tools
from maestro_environment.backends.local.valkey import Valkey
from maestro_environment.domain.environment import Connection, Environment, Isolation, ServiceKind
from maestro_environment.domain.job import Job, JobOutcome
from maestro_environment.domain.names import EnvironmentName, JobName
from maestro_environment.domain.ports import Observed, Streams


class LocalBackend:
    """Implements `domain.ports.Backend`. `local_backend` makes one."""

    name = "local"

    def __init__(
        self,
        home: Home,
        machine: Machine,
        data_dir: Path,
        hidden: Sequence[str],
        kinds: Sequence[Kind],
        runs: Runs,
    ) -> None:
        self._home = home
        self._machine = machine
        self._data_dir = data_dir
        self._hidden = hidden
        self._kinds = {kind.kind: kind for kind in kinds}
        self._runs = runs
        self._servers: dict[EnvironmentName, dict[ServiceKind, Server]] = {}
        self.max_jobs = 2 * (os.cpu_count() or 1)

    @property
    def isolation(self) -> Isolation:
        """What walls and limits are worth here."""
        return self._machine.isolation

    @property
    def services(self) -> frozenset[ServiceKind]:
        """The kinds of services that can be started here."""
        return frozenset(self._kinds)

    @property
    def running_jobs(self) -> int:
        """How many run now."""
        return self._runs.running

    def missing(self, kind: ServiceKind) -> str:
        """What to do about a kind that can't be started here, in words."""
        have = " and ".join(sorted(self.services))
        return f"The local backend starts {have}, and no {kind}: give the job a {kind} server of your own."

    async def provision(self, environment: Environment) -> None:
        """Start what is not there yet; returns when every part answers. Raises ProvisionError."""
        name = environment.name
        self._home.environment(name).mkdir(mode=0o700, parents=True, exist_ok=True)
        group = self._group(environment)
        servers = self._servers.setdefault(name, {})
        for kind in environment.spec.services:
            if kind not in servers:
                place = Place(
                    folder=self._home.service(name, kind),
                    mark=self._home.mark(name),
                    entrances=group.child("services").entrances() if group else (),
                    machine=self._machine,
                    data_dir=self._data_dir,
                    hidden=self._hidden,
                )
                servers[kind] = Server(self._kinds[kind], place)
        try:
            async with asyncio.TaskGroup() as starting:
                for server in servers.values():
                    starting.create_task(server.start())
        except ExceptionGroup as errors:  # the first one ended the others
            raise errors.exceptions[0] from errors

    async def observe(self, environment: Environment) -> Observed:
        """See which of its parts run."""
        if not self._home.environment(environment.name).is_dir():
            return Observed.ABSENT
        servers = self._servers.get(environment.name, {})
        running = all(kind in servers and servers[kind].ready for kind in environment.spec.services)
        return Observed.READY if running else Observed.PARTIAL

    async def terminate(self, name: EnvironmentName) -> None:
        """End every process and remove every file of an environment."""
        servers = self._servers.pop(name, {})
        await asyncio.gather(*(server.stop() for server in servers.values()))
        if self._machine.group and group_name(name) in self._machine.group.names():
            await self._machine.group.child(group_name(name)).remove()
        await asyncio.to_thread(trees.remove, self._home.environment(name))

    async def connections(self, environment: Environment) -> Sequence[Connection]:
        """How to reach the parts of a ready environment."""
        servers = self._servers.get(environment.name, {})
        found = [server.connection() for server in servers.values() if server.ready]
        return [connection for connection in found if connection is not None]

    async def connect(self, environment: Environment, port: int) -> Streams | None:
        """A connection to a service, by its usual port, or to what a job listens on."""
        for server in self._servers.get(environment.name, {}).values():
            if server.kind.usual_port == port:
                with suppress(OSError):
                    return await server.connect()
        return await tunnel.connect(self._home, environment.name, port)

    async def run_job(self, environment: Environment, job: Job) -> JobOutcome:
        """Run a job to its end."""
        env: dict[str, str] = {}
        for server in self._servers.get(environment.name, {}).values():
            if (connection := server.connection()) is not None:
                env |= connection.env
        return await self._runs.run(job, env, self._group(environment))

    async def cancel_job(self, name: JobName) -> None:
        """End a running job."""
        self._runs.cancel(name)

    async def recover_job(self, job: Job) -> JobOutcome | None:
        """How a job ended whose end was not recorded, or None where it was interrupted."""
        return await asyncio.to_thread(self._runs.recover, job)

    async def present(self) -> Sequence[EnvironmentName]:
        """Every environment of which something is there."""
        return sorted(await asyncio.to_thread(sweep.environments, self._home, self._machine))

    async def end_processes(self) -> None:
        """End all that runs here: what is needed to start it again stays."""
        servers = [server for servers in self._servers.values() for server in servers.values()]
        await asyncio.gather(*(server.stop() for server in servers))
        if self._machine.group:
            await self._machine.group.remove()
        await asyncio.to_thread(sweep.kill_all, self._home)

    def _group(self, environment: Environment) -> Group | None:
        if self._machine.group is None:
            return None
        group = self._machine.group.child(group_name(environment.name))
        group.hand_down()
        group.limit(environment.spec.limits)
        return group


@asynccontextmanager
async def local_backend(
    root: Path, data_dir: Path, files: JobFolders, workspaces: WorkspaceFolders
) -> AsyncIterator[LocalBackend]:
    """The backend of a data directory, of which `root` is the service's part; one at a time.

    It ends what an earlier one left running, finds out what the machine lets it do, and ends all at its own
    end. Raises FailedPrecondition where the directory is in use.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        home = Home(root.resolve())
        await asyncio.to_thread(sweep.kill_all, home)
        hidden = launch.hidden(data_dir)
        tools = Tools(home, data_dir.resolve(), hidden)
        machine = await tools.probe()
        postgresql = PostgreSQL(home.templates, partial(tools.run, machine))
        planner = Planner(home, machine, files, workspaces, data_dir.resolve(), list(hidden))
        runs = Runs(home, files, planner)
        backend = LocalBackend(home, machine, data_dir.resolve(), hidden, [postgresql, Valkey()], runs)
        try:
            yield backend
        finally:
            await backend.end_processes()
    except BlockingIOError as error:
        raise FailedPrecondition(
            f"Another Environment service uses {root}.", reason="DATA_DIR_IN_USE"
        ) from error
    finally:
        os.close(lock)
