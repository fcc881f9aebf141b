"""Plans of jobs: from a job's record to what a launcher follows."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from maestro_environment.backends.files import trees
from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local.cgroups import Group
from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launch import INSIDE_HOME, INSIDE_SERVICES, shown
from maestro_environment.backends.local.launcher.plan import Bind, Collection, Overlay, Plan, Walls
from maestro_environment.backends.local.launcher.walls import INSIDE
from maestro_environment.backends.local.machine import Machine, spare_user
from maestro_environment.domain.job import Job, NetworkAccess
from maestro_environment.domain.paths import fill

_LOG_BYTES = 10 * 2**20
_KEPT_BYTES = 64 * 2**20
_KEPT_FILES = 1000
_OPEN_FILES = 4096
_ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "USER": "maestro",
    "LOGNAME": "maestro",
}


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one run, as the job sees them."""

    workspace: str
    artifacts: str
    home: str
    tmp: str
    overlay: str
    caches: dict[str, str] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, str]:
        """What the placeholders stand for."""
        caches = {f"cache.{name}": folder for name, folder in self.caches.items()}
        return {"workspace": self.workspace, "artifacts": self.artifacts, **caches}


@dataclass(frozen=True)
class Planner:
    """Lays out the folders of runs, and plans them as far as the machine goes."""

    home: Home
    machine: Machine
    files: JobFolders
    workspaces: WorkspaceFolders
    data_dir: Path
    hidden: list[str]

    def plan(self, job: Job, env: dict[str, str], own: Group | None) -> Plan:
        """Lay out the folders of a run, and plan it; `env` comes from the environment's services."""
        scratch = self.home.scratch(job.name)
        trees.remove(scratch)
        for name in ("upper", "work", "artifacts", "tmp", "home"):
            (scratch / name).mkdir(mode=0o755, parents=True)
        kept = self.files.make(job.name)
        for left in (kept / "artifacts", kept / "log"):  # of an earlier attempt
            trees.remove(left) if left.is_dir() else left.unlink(missing_ok=True)
        self.files.overlay(job.name).mkdir(mode=0o700, exist_ok=True)
        spec, machine = job.spec, self.machine
        lower = self.workspaces.folder(spec.workspace) if spec.workspace else None
        if lower is not None and not machine.layers:
            trees.copy(lower, scratch / "upper")
        folders = self._folders(job, scratch)
        places = folders.places
        command = [fill(word, places) for word in spec.command]
        directory = str(Path(folders.workspace) / fill(spec.working_directory, places))
        limits = spec.limits
        return Plan(
            parent=os.getpid(),
            command=command,
            env={
                **_ENV,
                "HOME": folders.home,
                "TMPDIR": folders.tmp,
                **env,
                **{name: fill(value, places) for name, value in spec.env.items()},
            },
            directory=directory,
            walls=self._walls(job, scratch, lower, folders, command) if machine.walls else None,
            cgroups=own.entrances() if own else [],
            user=spare_user() if machine.user else None,
            own=[str(scratch)],
            rlimits=self._rlimits(job),
            watch_memory_bytes=0 if machine.memory else limits.memory_bytes,
            watch_tasks=0 if machine.tasks else limits.processes,
            timeout_seconds=spec.timeout.total_seconds(),
            log=str(self.files.log(job.name)),
            log_max_bytes=_LOG_BYTES,
            files={path: f"{folders.overlay}/{path}" if new else None for path, new in spec.overlay.items()},
            workspace=folders.workspace,
            collection=Collection(
                workspace=folders.workspace,
                artifacts=folders.artifacts,
                patterns=list(spec.artifact_patterns),
                junit=spec.junit_path,
                into=str(kept),
                max_bytes=_KEPT_BYTES,
                max_files=_KEPT_FILES,
            ),
            outcome=str(kept / "outcome.json"),
        )

    def _folders(self, job: Job, scratch: Path) -> Folders:
        caches = {}
        for cache in job.spec.caches:
            folder = self.home.cache(job.name.tenant, cache.name)
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            caches[cache.name] = f"{INSIDE}/cache/{cache.name}" if self.machine.walls else str(folder)
        if self.machine.walls:
            return Folders(
                workspace=f"{INSIDE}/workspace",
                artifacts=f"{INSIDE}/artifacts",
                home=INSIDE_HOME,
                tmp="/tmp",
                overlay=f"{INSIDE}/overlay",
                caches=caches,
            )
        return Folders(
            workspace=str(scratch / "upper"),
            artifacts=str(scratch / "artifacts"),
            home=str(scratch / "home"),
            tmp=str(scratch / "tmp"),
            overlay=str(self.files.overlay(job.name)),
            caches=caches,
        )

    def _walls(
        self, job: Job, scratch: Path, lower: Path | None, folders: Folders, command: list[str]
    ) -> Walls:
        binds = [
            Bind(source=str(scratch / "artifacts"), target=folders.artifacts, writable=True),
            Bind(source=str(self.files.overlay(job.name)), target=folders.overlay, writable=False),
        ]
        for cache in job.spec.caches:
            source = str(self.home.cache(job.name.tenant, cache.name))
            binds.append(Bind(source=source, target=folders.caches[cache.name], writable=cache.writable))
        for service in sorted((self.home.environment(job.name.environment) / "services").glob("*")):
            target = f"{INSIDE_SERVICES}/{service.name}"
            binds.append(Bind(source=str(service / "run"), target=target, writable=False))
        overlay = None
        if lower is not None and self.machine.layers:
            overlay = Overlay(
                lower=str(lower),
                upper=str(scratch / "upper"),
                work=str(scratch / "work"),
                target=folders.workspace,
            )
        else:
            binds.append(Bind(source=str(scratch / "upper"), target=folders.workspace, writable=True))
        return Walls(
            home=folders.home,
            hidden=self.hidden,
            shown=shown(_interpreters(command), self.data_dir),
            binds=binds,
            overlay=overlay,
            tmp_bytes=job.spec.limits.disk_bytes,
            network=job.spec.network is NetworkAccess.HOST,
        )

    def _rlimits(self, job: Job) -> dict[str, int]:
        limits = job.spec.limits
        rlimits = {"CORE": 0, "NOFILE": _OPEN_FILES, "FSIZE": limits.disk_bytes}
        # Where the kernel does not count the job's alone, all processes of our user count.
        rlimits["NPROC"] = limits.processes + (0 if self.machine.counts else _own_tasks())
        if not self.machine.memory:
            # The watch over the whole job comes first; this holds a single process that is quicker than it.
            rlimits["DATA"] = 2 * limits.memory_bytes
        rlimits["CPU"] = math.ceil(job.spec.timeout.total_seconds()) * (os.cpu_count() or 1) + 1
        return rlimits


def _own_tasks() -> int:
    """How many processes and threads our user has now."""
    count = 0
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it has just ended
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                count += len(list((entry / "task").iterdir()))
    return count


def _interpreters(command: list[str]) -> list[str]:
    """The virtual environment or prefix that a Python program belongs to: what it needs lies there."""
    program = Path(command[0])
    if not program.is_absolute() or program.parent.name != "bin":
        return []
    prefix = program.parent.parent
    found = [prefix] if (prefix / "pyvenv.cfg").exists() or "python" in program.name else []
    base = program.resolve().parent.parent
    return [str(path) for path in (*found, *([base] if found else []))]
