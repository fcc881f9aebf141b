"""Short commands of our own behind walls: trying what the machine can do, initialising databases."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from maestro_environment.backends.files import trees
from maestro_environment.backends.local import cgroups
from maestro_environment.backends.local.cgroups import Group
from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launch import INSIDE_DATA, INSIDE_HOME, launch, own_plan, shown
from maestro_environment.backends.local.launcher.plan import Bind, Outcome, Overlay, Walls
from maestro_environment.backends.local.machine import Machine, own_programs, tool_user

_SECONDS = 120.0
_TMP_BYTES = 2**26
_LOG_BYTES = 2**20
_WRITE = ("/bin/sh", "-c", "echo works > file")
_FORKS, _REFUSED = 16, 7
_FORK = (
    *(sys.executable, "-I", "-S", "-c"),
    f"""
import os, signal
try:
    for _ in range({_FORKS}):
        if os.fork() == 0:
            signal.pause()
except OSError:
    os._exit({_REFUSED})
""",
)


class Tools:
    """Runs commands in a folder that they may write to."""

    def __init__(self, home: Home, data_dir: Path, hidden: Sequence[str]) -> None:
        self._home = home
        self._data_dir = data_dir
        self._hidden = hidden

    async def run(
        self,
        machine: Machine,
        command: Sequence[str],
        programs: Sequence[str],
        folder: Path,
        rlimits: Mapping[str, int] | None = None,
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
        plan = own_plan(
            command,
            folder,
            machine,
            walls,
            cgroups=group.entrances() if group else (),
            user=tool_user(),
            log_bytes=_LOG_BYTES,
            seconds=_SECONDS,
        )
        plan["rlimits"].update(rlimits or {})
        launched = await launch(plan, f"{self._home.instance}/tool")
        try:
            return await launched.wait()
        finally:
            await launched.end()
            if group:
                await group.remove()

    async def probe(self) -> Machine:
        """What this machine lets us do: the most first."""
        group = cgroups.root(self._home.instance)
        machine = await self._best(group)
        if group and not machine.group:  # one that can be made, and not be joined
            await group.remove()
        return replace(machine, counts=await self._counts(machine))

    async def _best(self, group: Group | None) -> Machine:
        best, bare = Machine(walls=True, layers=True, group=group), Machine()
        wanted = [best, replace(best, layers=False), replace(bare, user=os.geteuid() == 0, group=group)]
        for attempt in (*wanted, replace(bare, group=group)):
            for candidate in (attempt, replace(attempt, group=None)):
                if await self._try(candidate, _WRITE) == 0:
                    return candidate
        return bare

    async def _counts(self, machine: Machine) -> bool:
        """Whether the kernel holds the limit of a run's processes; it holds none against root, for one."""
        # Without either, it counts all that our user has.
        alone = machine.walls or machine.user
        return alone and await self._try(machine, _FORK, {"NPROC": _FORKS // 2}) == _REFUSED

    async def _try(
        self, machine: Machine, command: Sequence[str], rlimits: Mapping[str, int] | None = None
    ) -> int | None:
        """The exit code of a command; None where it can't be run."""
        folder = Path(tempfile.mkdtemp(dir=self._home.root, prefix="probe-"))
        try:
            outcome = await self.run(machine, command, own_programs(), folder, rlimits)
        except OSError:
            return None
        else:
            return outcome["exit_code"] if outcome else None
        finally:
            trees.remove(folder)
