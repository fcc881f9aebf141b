"""`maestro job`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from maestro.environment.v1 import job_pb2 as pb
from maestro_cli.environments import full_name, proto_duration
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal.project import LocalProject
from maestro_cli.output import as_dict, err, print_json, short
from maestro_cli.target import session
from maestro_client import Maestro, logs, upload_workspace


async def run_job(
    environment: str, command: Sequence[str], workspace: Path | None, timeout: str, as_json: bool
) -> ExitCode:
    """Run a command to its end. Raises CliError where it could not be run."""
    async with session() as maestro:
        spec = pb.JobSpec(command=command, timeout=proto_duration(timeout))
        if workspace:
            project = LocalProject.at(workspace)
            spec.workspace = await upload_workspace(
                maestro.jobs, maestro.parent, project.root, project.files()
            )
        request = pb.CreateJobRequest(parent=full_name(maestro, environment), spec=spec)
        job = (await maestro.jobs.CreateJob(request)).job
        await _print_logs(maestro, job.name, follow=True, silent=as_json)
        job = (await maestro.jobs.GetJob(pb.GetJobRequest(name=job.name))).job
    if as_json:
        print_json(as_dict(job))
    if job.state == pb.JOB_STATE_ERROR:
        raise CliError(job.failure.message, f"Reason: {job.failure.reason}.")
    if job.state == pb.JOB_STATE_SUCCEEDED:
        return ExitCode.DONE
    state = pb.JobState.Name(job.state).removeprefix("JOB_STATE_").lower().replace("_", " ")
    code = f", exit code {job.exit_code}" if job.HasField("exit_code") else ""
    err().print(f"Job {short(job.name)} {state}{code}.", markup=False)
    return ExitCode.FOUND


async def show_logs(environment: str, job: str, follow: bool) -> None:
    """What a job printed."""
    async with session() as maestro:
        await _print_logs(maestro, f"{full_name(maestro, environment)}/jobs/{job}", follow=follow)


async def _print_logs(maestro: Maestro, name: str, *, follow: bool, silent: bool = False) -> None:
    async with aclosing(logs(maestro.jobs, name, follow=follow)) as pieces:
        async for piece in pieces:
            if not silent:
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
