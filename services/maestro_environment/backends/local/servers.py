"""The databases and caches of an environment: what each kind needs, and how one is started."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from maestro_environment.backends.files import trees
from maestro_environment.backends.local import sweep
from maestro_environment.backends.local.forward import connect, forward
from maestro_environment.backends.local.launch import (
    INSIDE_DATA,
    INSIDE_HOME,
    INSIDE_SERVICES,
    Launched,
    launch,
    own_plan,
    shown,
)
from maestro_environment.backends.local.launcher.plan import Bind, Overlay, Plan, Walls
from maestro_environment.backends.local.machine import Machine, spare_user
from maestro_environment.domain.environment import Connection, ServiceKind
from maestro_environment.domain.ports import ProvisionError, Streams

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.005
_LOG_BYTES = 2**22
_SHARED_MEMORY_BYTES = 2**28


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a server is reached: its port on the host, the folder of its socket behind walls, its secret."""

    port: int
    sockets: str
    password: str = field(repr=False)


class Kind(Protocol):
    """What one kind of server needs."""

    kind: ServiceKind
    programs: tuple[str, ...]
    socket: str
    usual_port: int

    async def template(self) -> Path | None:
        """The data that a new one begins with, made where it is not there yet. Raises ProvisionError."""
        ...

    def prepare(self, data: Path, endpoint: Endpoint, sockets: str) -> None:
        """Write what the server reads at its start; `sockets` is the folder of its socket as it sees it."""
        ...

    def command(self, data: str, sockets: str) -> Sequence[str]:
        """What to run; both folders are as the server sees them."""
        ...

    async def check(self, folder: Path, endpoint: Endpoint) -> bool:
        """Whether it answers an authenticated query."""
        ...

    def uri(self, endpoint: Endpoint) -> str:
        """What a client on the host connects to."""
        ...

    def env(self, endpoint: Endpoint) -> Mapping[str, str]:
        """The variables that a job gets: with the socket where there is one behind walls, else the port."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how a server runs: its folder, the mark and control group of its processes, the means."""

    folder: Path
    mark: str
    entrances: Sequence[str]
    machine: Machine
    data_dir: Path
    hidden: Sequence[str]


class Server:
    """One server of an environment. Started again, it goes on with its data, on the port that it had."""

    def __init__(self, kind: Kind, place: Place) -> None:
        self.kind = kind
        self._place = place
        self._launched: Launched | None = None
        self._endpoint: Endpoint | None = None
        self._door = AsyncExitStack()
        self._answered = False

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._launched is not None and not self._launched.ended

    @property
    def ready(self) -> bool:
        """Whether it runs, and has answered since it was started."""
        return self._answered and self.running

    def connection(self) -> Connection | None:
        """How to reach it; None before the first start."""
        if self._endpoint is None:
            return None
        return Connection(self.kind.kind, self.kind.uri(self._endpoint), self.kind.env(self._endpoint))

    async def start(self) -> None:
        """Start it where it does not run, and wait until it answers. Raises ProvisionError."""
        if self.ready:
            return
        self._answered = False
        await self._clear()
        self._run.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._run.iterdir():  # its socket, and what says that the one before it is alive
            left.unlink()
        endpoint = self._endpoint = self._endpoint or await self._open()
        template = await self.kind.template()
        await self._fill(template)
        self.kind.prepare(self._data, endpoint, self._sockets)
        self._launched = await launch(self._plan(template), self._place.mark)
        try:
            await self._wait(endpoint)
        except BaseException:
            await self._launched.end()
            raise
        self._answered = True

    async def connect(self) -> Streams:
        """A connection to its socket. Raises OSError."""
        return await connect(self._run, self.kind.socket)

    async def stop(self) -> None:
        """End it with all its processes, and close its port."""
        if self._launched is not None:
            await self._launched.end()
        await self._clear()
        await self._door.aclose()
        self._endpoint = None

    @property
    def _data(self) -> Path:
        return self._place.folder / "data"

    @property
    def _run(self) -> Path:
        return self._place.folder / "run"

    @property
    def _sockets(self) -> str:
        # As seen from its data; the whole path may be longer than the kernel takes.
        return f"{INSIDE_SERVICES}/{self.kind.kind.lower()}" if self._place.machine.walls else "../run"

    async def _clear(self) -> None:
        """End what a launcher that was killed could not end: it may hold the data. Walls fall with it."""
        if not self._place.machine.walls:
            await asyncio.to_thread(sweep.kill_in, self._data)

    async def _open(self) -> Endpoint:
        """Open its port: the one that it had, where it is free. Its secret stays what it was."""
        file = self._place.folder / "secrets.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        port = await self._door.enter_async_context(
            forward(self._run, self.kind.socket, known.get("port", 0))
        )
        password = known.get("password") or secrets.token_urlsafe(24)
        draft = file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"port": port, "password": password}))
        draft.rename(file)
        return Endpoint(port, self._sockets if self._place.machine.walls else "", password)

    async def _fill(self, template: Path | None) -> None:
        """Have a data folder: what lies over the template, or else a copy of it. Raises ProvisionError."""
        if template is None or self._place.machine.layers:
            for folder in (self._data, self._place.folder / "work"):
                folder.mkdir(mode=0o700, exist_ok=True)
        elif not self._data.exists():
            draft = self._place.folder / "data.new"
            await asyncio.to_thread(trees.remove, draft)  # of a copy that broke off
            copy = await asyncio.create_subprocess_exec("cp", "-a", "--reflink=auto", template, draft)
            if await copy.wait() != 0:
                raise ProvisionError("SERVICE_COPY_FAILED", f"{template} can't be copied to {draft}.")
            draft.rename(self._data)

    def _plan(self, template: Path | None) -> Plan:
        folder, machine = self._place.folder, self._place.machine
        binds = [Bind(source=str(self._run), target=self._sockets, writable=True)]
        overlay = None
        if template is not None and machine.layers:
            overlay = Overlay(
                lower=str(template), upper=str(self._data), work=str(folder / "work"), target=INSIDE_DATA
            )
        else:
            binds.append(Bind(source=str(self._data), target=INSIDE_DATA, writable=True))
        walls = Walls(
            home=INSIDE_HOME,
            hidden=list(self._place.hidden),
            shown=shown(self.kind.programs, self._place.data_dir),
            binds=binds,
            overlay=overlay,
            tmp_bytes=_SHARED_MEMORY_BYTES,
            network=False,
        )
        plan = own_plan(
            self.kind.command(INSIDE_DATA if machine.walls else str(self._data), self._sockets),
            folder,
            machine,
            walls,
            cgroups=self._place.entrances,
            user=spare_user(),
            log_bytes=_LOG_BYTES,
        )
        plan["own"].append(str(self._run))
        return plan

    async def _wait(self, endpoint: Endpoint) -> None:
        """Wait for an answer. Raises ProvisionError where there is none."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise self._failed("SERVICE_START_FAILED", "ended right after its start")
            if (self._run / self.kind.socket).exists() and await self.kind.check(
                self._place.folder, endpoint
            ):
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise self._failed("SERVICE_NOT_READY", f"did not answer within {_READY_SECONDS:.0f} s")

    def _failed(self, reason: str, what: str) -> ProvisionError:
        words = [
            file.read_text(errors="replace").strip()
            for name in ("log", "launcher.log", "outcome.json")
            if (file := self._place.folder / name).exists()
        ]
        said = "\n".join(word[-1000:] for word in words if word) or "it said nothing"
        return ProvisionError(reason, f"{self.kind.kind} {what}: {said}")
