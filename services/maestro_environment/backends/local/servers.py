"""The databases and caches of an environment: what each kind needs, and how one is started."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from maestro_environment.backends.local.launch import Launched, launch, shown
from maestro_environment.backends.local.launcher.plan import Bind, Plan, Walls
from maestro_environment.backends.local.machine import spare_user
from maestro_environment.domain.environment import Connection, ServiceKind
from maestro_environment.domain.ports import ProvisionError

INSIDE_DATA = "/maestro/data"
INSIDE_SERVICES = "/maestro/services"
INSIDE_HOME = "/maestro/home"
_READY_SECONDS = 30.0
_POLL_SECONDS = 0.01
_LOG_BYTES = 2**22
_SHARED_MEMORY_BYTES = 2**28
_STARTS = 3
# The kernel takes 107 bytes for the path of a unix socket.
_SOCKET_PATH_BYTES = 90


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens, and its secret. `sockets` is the folder of its socket as its clients see it."""

    port: int
    sockets: str
    password: str = field(repr=False)


class Kind(Protocol):
    """What one kind of server needs."""

    kind: ServiceKind
    programs: tuple[str, ...]

    async def prepare(self, folder: Path, endpoint: Endpoint) -> None:
        """Fill the `data` folder; one that is filled already stays. Raises ProvisionError."""
        ...

    def command(self, data: str, endpoint: Endpoint) -> Sequence[str]:
        """What to run; `data` and the folder of sockets are as the server sees them."""
        ...

    async def check(self, folder: Path, endpoint: Endpoint) -> bool:
        """Whether it answers an authenticated query."""
        ...

    def uri(self, endpoint: Endpoint) -> str:
        """What a client on the host connects to."""
        ...

    def env(self, endpoint: Endpoint, *, by_socket: bool) -> Mapping[str, str]:
        """The variables that a job gets."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how a server runs: its folder, the mark and control group of its processes, walls, a user."""

    folder: Path
    mark: str
    entrances: Sequence[str]
    walls: bool
    user: bool
    data_dir: Path
    hidden: Sequence[str]


class Server:
    """One server of an environment. Started again, it goes on with its data."""

    def __init__(self, kind: Kind, place: Place) -> None:
        self.kind = kind
        self._place = place
        self._launched: Launched | None = None
        self._answered = False

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._launched is not None and not self._launched.ended

    def endpoint(self) -> Endpoint:
        """Where it listens. Raises FileNotFoundError before the first start."""
        known = json.loads(self._secrets.read_text())
        return Endpoint(known["port"], self._sockets, known["password"])

    @property
    def ready(self) -> bool:
        """Whether it runs, and has answered since it was started."""
        return self._answered and self.running

    def connection(self) -> Connection:
        """How to reach it: by its port from the host, by its socket from a job behind walls."""
        endpoint = self.endpoint()
        env = self.kind.env(endpoint, by_socket=self._place.walls)
        return Connection(self.kind.kind, self.kind.uri(endpoint), env)

    async def start(self) -> None:
        """Start it where it does not run, and wait until it answers. Raises ProvisionError."""
        if self.ready:
            return
        self._answered = False
        for attempt in range(_STARTS):
            endpoint = self._new_endpoint()
            await self.kind.prepare(self._place.folder, endpoint)
            self._launched = await launch(self._plan(endpoint), self._place.mark)
            try:
                self._answered = await self._wait(endpoint)
                if self._answered:
                    return
            except BaseException:
                await self.stop()
                raise
            # It ended at once: somebody else may have taken the port meanwhile.
            if attempt == _STARTS - 1:
                raise ProvisionError(
                    "SERVICE_START_FAILED",
                    f"{self.kind.kind} ended right after its start: {self._last_words()}",
                )

    async def stop(self) -> None:
        """End it with all its processes."""
        if self._launched is not None:
            await self._launched.end()

    @property
    def _secrets(self) -> Path:
        return self._place.folder / "secrets.json"

    @property
    def _run(self) -> Path:
        return self._place.folder / "run"

    @property
    def _sockets(self) -> str:
        if self._place.walls:
            return f"{INSIDE_SERVICES}/{self.kind.kind.lower()}"
        return str(self._run) if len(os.fsencode(self._run)) < _SOCKET_PATH_BYTES else ""

    def _new_endpoint(self) -> Endpoint:
        """A free port; the secret stays what it was."""
        self._run.mkdir(mode=0o700, parents=True, exist_ok=True)
        for socket_file in self._run.iterdir():
            socket_file.unlink()
        try:
            password = self.endpoint().password
        except FileNotFoundError:
            password = secrets.token_urlsafe(24)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        draft = self._secrets.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"port": port, "password": password}))
        draft.rename(self._secrets)
        return Endpoint(port, self._sockets, password)

    def _plan(self, endpoint: Endpoint) -> Plan:
        folder = self._place.folder
        data = INSIDE_DATA if self._place.walls else str(folder / "data")
        walls = Walls(
            home=INSIDE_HOME,
            hidden=list(self._place.hidden),
            shown=shown(self.kind.programs, self._place.data_dir),
            binds=[
                Bind(source=str(folder / "data"), target=INSIDE_DATA, writable=True),
                Bind(source=str(self._run), target=self._sockets, writable=True),
            ],
            overlay=None,
            tmp_bytes=_SHARED_MEMORY_BYTES,
            network=True,
        )
        return Plan(
            parent=os.getpid(),
            command=list(self.kind.command(data, endpoint)),
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"},
            directory=data,
            walls=walls if self._place.walls else None,
            cgroups=list(self._place.entrances),
            user=spare_user() if self._place.user else None,
            own=[str(folder / "data"), str(self._run)],
            rlimits={"CORE": 0},
            watch_memory_bytes=0,
            watch_tasks=0,
            timeout_seconds=None,
            log=str(folder / "log"),
            log_max_bytes=_LOG_BYTES,
            files={},
            workspace=data,
            collection=None,
            outcome=str(folder / "outcome.json"),
        )

    async def _wait(self, endpoint: Endpoint) -> bool:
        """Wait for an answer; False where it ended instead."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                return False
            if await self.kind.check(self._place.folder, endpoint):
                return True
            await asyncio.sleep(_POLL_SECONDS)
        raise ProvisionError(
            "SERVICE_NOT_READY",
            f"{self.kind.kind} did not answer within {_READY_SECONDS:.0f} s: {self._last_words()}",
        )

    def _last_words(self) -> str:
        words = [
            file.read_text(errors="replace").strip()
            for name in ("log", "launcher.log", "outcome.json")
            if (file := self._place.folder / name).exists()
        ]
        return "\n".join(word[-1000:] for word in words if word) or "it said nothing"
