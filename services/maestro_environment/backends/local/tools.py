"""Short commands of our own behind walls: trying what the machine can do, initialising databases."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from maestro_environment.backends.files import trees
from maestro_environment.backends.local import cgroups
from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launch import launch, shown
from maestro_environment.backends.local.launcher.plan import Bind, Outcome, Overlay, Plan, Walls
from maestro_environment.backends.local.machine import Machine
from maestro_environment.backends.local.servers import INSIDE_DATA, INSIDE_HOME

_SECONDS = 120.0
_TMP_BYTES = 2**26
_LOG_BYTES = 2**20


class Tools:
    """Runs commands in a folder that they may write to."""

    def __init__(self, home: Home, data_dir: Path, hidden: Sequence[str]) -> None:
        self._home = home
        self._data_dir = data_dir
        self._hidden = hidden

    async def run(
        self, machine: Machine, command: Sequence[str], programs: Sequence[str], folder: Path
    ) -> Outcome | None:
        """Run a command in `data` below `folder`, with these programs in sight."""
        for name in ("data", "lower", "upper", "work"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        overlay = Overlay(
            lower=str(folder / "lower"),
            upper=str(folder / "upper"),
            work=str(folder / "work"),
            target="/maestro/layers",
        )
        walls = Walls(
            home=INSIDE_HOME,
            hidden=list(self._hidden),
            shown=shown(programs, self._data_dir),
            binds=[Bind(source=str(folder / "data"), target=INSIDE_DATA, writable=True)],
            overlay=overlay if machine.layers else None,
            tmp_bytes=_TMP_BYTES,
            network=False,
        )
        group = machine.group.child(f"tool-{folder.name}") if machine.group else None
        data = INSIDE_DATA if machine.walls else str(folder / "data")
        plan = Plan(
            parent=os.getpid(),
            command=list(command),
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"},
            directory=data,
            walls=walls if machine.walls else None,
            cgroups=group.entrances() if group else [],
            rlimits={"CORE": 0},
            watch_memory_bytes=0,
            timeout_seconds=_SECONDS,
            log=str(folder / "log"),
            log_max_bytes=_LOG_BYTES,
            files={},
            workspace=data,
            collection=None,
            outcome=str(folder / "outcome.json"),
        )
        launched = await launch(plan, f"{self._home.instance}/tool")
        try:
            return await launched.wait()
        finally:
            await launched.kill()
            if group:
                await group.remove()

    async def probe(self) -> Machine:
        """What this machine lets us do: the most first."""
        group = cgroups.root(self._home.instance)
        machine = Machine(walls=True, layers=True, group=group)
        for attempt in (machine, replace(machine, layers=False), replace(machine, walls=False, layers=False)):
            for candidate in (attempt, replace(attempt, group=None)):
                if await self._works(candidate):
                    return candidate
        return Machine(walls=False, layers=False, group=None)

    async def _works(self, machine: Machine) -> bool:
        folder = Path(tempfile.mkdtemp(dir=self._home.root, prefix="probe-"))
        try:
            outcome = await self.run(machine, ("/bin/sh", "-c", "echo works > file"), (), folder)
        except OSError:
            return False
        else:
            return outcome is not None and outcome["exit_code"] == 0
        finally:
            trees.remove(folder)
