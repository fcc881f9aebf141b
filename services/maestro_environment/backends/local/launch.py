"""Starts launchers, and waits for them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import maestro_environment
from maestro_environment.backends.local.launcher.plan import Outcome, Plan, Walls
from maestro_environment.backends.local.machine import PRIVATE, Machine, own_programs

MARK = "MAESTRO_RUN"
INSIDE_DATA = "/maestro/data"
INSIDE_SERVICES = "/maestro/services"
INSIDE_HOME = "/maestro/home"
_STUCK_SECONDS = 10.0
_SERVICES = str(Path(maestro_environment.__file__).parent.parent)
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from maestro_environment.backends.local.launcher.{} import main; main()"
)
# Files in a home folder that are keys to something; a job has no business with them.
_SECRETS = (
    ".aws", ".azure", ".config/gcloud", ".config/gh", ".docker", ".git-credentials", ".gnupg", ".kube",
    ".local/share/keyrings", ".netrc", ".npmrc", ".password-store", ".pgpass", ".pypirc", ".ssh",
)  # fmt: skip
_SYSTEM_SECRETS = (
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssl/private",
)


@dataclass(frozen=True, slots=True)
class Launched:
    """A launcher that runs, and where it will write how it ended."""

    process: asyncio.subprocess.Process
    outcome_file: Path

    def stop(self) -> None:
        """Ask it to end its command; it then writes what is left of it."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)

    async def end(self) -> None:
        """Return when it and all that it has started are gone. It needs a moment at most, or is stuck."""
        self.stop()
        try:
            async with asyncio.timeout(_STUCK_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()  # its command dies with it
            await self.process.wait()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.returncode is not None

    async def wait(self) -> Outcome | None:
        """Wait for its end; None where it could not write how it was."""
        await self.process.wait()
        return read_outcome(self.outcome_file)


def own_plan(
    command: Sequence[str],
    folder: Path,
    machine: Machine,
    walls: Walls,
    *,
    cgroups: Sequence[str],
    user: int,
    log_bytes: int,
    seconds: float | None = None,
) -> Plan:
    """How to run a program of our own in the `data` of a folder: nothing is kept of it but what it says."""
    data = INSIDE_DATA if machine.walls else str(folder / "data")
    return Plan(
        parent=os.getpid(),
        command=list(command),
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"},
        directory=data,
        walls=walls if machine.walls else None,
        cgroups=list(cgroups),
        user=user if machine.user else None,
        own=[str(folder / "data")],
        rlimits={"CORE": 0},
        watch_memory_bytes=0,
        watch_tasks=0,
        timeout_seconds=seconds,
        log=str(folder / "log"),
        log_max_bytes=log_bytes,
        files={},
        workspace=data,
        collection=None,
        outcome=str(folder / "outcome.json"),
    )


def program(module: str) -> Sequence[str]:
    """The command that runs a module of the launcher's."""
    return (sys.executable, "-I", "-S", "-c", _START.format(module), _SERVICES)


async def launch(plan: Plan, mark: str) -> Launched:
    """Start a launcher. `mark` is in the environment of all that it starts, for a sweep to find."""
    plan["env"][MARK] = mark
    outcome = Path(plan["outcome"])
    outcome.unlink(missing_ok=True)
    with outcome.with_name("launcher.log").open("wb") as complaints:
        process = await asyncio.create_subprocess_exec(
            *program("main"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=complaints,
            env={MARK: mark},
            start_new_session=True,
        )
    launched = Launched(process, outcome)
    try:
        if process.stdin is not None:
            process.stdin.write(json.dumps(plan).encode())
            await process.stdin.drain()
            process.stdin.close()
    except (ConnectionError, RuntimeError):  # it ended at once (uvloop raises the latter); its outcome tells
        return launched
    except asyncio.CancelledError:
        await launched.end()
        raise
    return launched


def read_outcome(file: Path) -> Outcome | None:
    """What a launcher wrote, where it did."""
    try:
        outcome: Outcome = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return outcome


def hidden(data_dir: Path) -> list[str]:
    """What of the host nobody inside sees; paths without links."""
    homes = {Path.home(), Path("/root"), *(Path("/home").glob("*"))}
    keys = [home / secret for home in homes for secret in _SECRETS]
    found = (_real(path) for path in (data_dir, *keys, *map(Path, _SYSTEM_SECRETS)))
    return sorted(str(path) for path in set(found) if path is not None)


def shown(programs: Sequence[str], data_dir: Path) -> list[str]:
    """Which of these folders need to be shown because what is around them is not."""
    covered = (*PRIVATE, str(data_dir))
    wanted = dict.fromkeys((*own_programs(), *programs))
    return [path for path in wanted if any(Path(path).is_relative_to(place) for place in covered)]


def _real(path: Path) -> Path | None:
    """The place itself; None where there is none, or none that we, and so our jobs, could look into."""
    try:
        return path.resolve(strict=True)
    except OSError:
        return None
