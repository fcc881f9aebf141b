"""A service that has an environment and a job, says so, and waits to be killed. Run as a program."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local.backend import local_backend
from maestro_environment.domain.environment import Environment, EnvironmentSpec, Limits, ServiceKind
from maestro_environment.domain.job import Job, JobSpec
from maestro_environment.domain.names import EnvironmentName, JobName


async def main(data_dir: Path) -> None:
    """Bring it up; never return."""
    root = data_dir / "environment"
    files, workspaces = JobFolders(root / "jobs"), WorkspaceFolders(root / "workspaces")
    limits = Limits(2**29, 0, 256, 2**29)
    now = datetime.now(UTC)
    async with local_backend(root, data_dir, files, workspaces) as backend:
        name = EnvironmentName("t1", "crashed")
        spec = EnvironmentSpec((ServiceKind.POSTGRESQL, ServiceKind.REDIS), limits)
        environment = Environment(name, spec, "me", backend.isolation, now, now, now + timedelta(hours=1))
        await backend.provision(environment)
        script = "setsid sleep 295.5 & echo up; sleep 295.5"
        job = Job(JobName(name, "crashed"), JobSpec(("sh", "-c", script), limits=limits), now)
        running = asyncio.create_task(backend.run_job(environment, job))
        for _ in range(1000):  # ten seconds
            if log := await files.read_log(job.name, 0):
                print(log.decode(), end="", flush=True)
                break
            await asyncio.sleep(0.01)
        await running


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
