"""`maestro job`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from maestro.environment.v1 import job_pb2 as pb
from maestro_cli.environments import proto_duration
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal.project import LocalProject
from maestro_cli.names import checked_id, full_name
from maestro_cli.output import as_dict, err, print_json, short
from maestro_cli.target import session
from maestro_client import Maestro, logs, upload_workspace


async def run_job(
    environment: str, command: Sequence[str], workspace: Path | None, timeout: str, as_json: bool
) -> ExitCode:
    """Run a command to its end. Raises CliError where it could not be run."""
    if workspace and not workspace.is_dir():
        raise CliError(
            f"{workspace} is no folder.",
            "Give the folder whose files the command runs on.",
            ExitCode.WRONG_USE,
        )
    async with session() as maestro:
        spec = pb.JobSpec(command=command, timeout=proto_duration(timeout))
        if workspace:
            project = LocalProject.at(workspace)
            spec.workspace = await upload_workspace(
                maestro.jobs, maestro.parent, project.root, project.files()
            )
        request = pb.CreateJobRequest(parent=full_name(maestro, "environments", environment), spec=spec)
        job = (await maestro.jobs.CreateJob(request)).job
        await _print_logs(maestro, job.name, follow=True, silent=as_json)
        job = (await maestro.jobs.GetJob(pb.GetJobRequest(name=job.name))).job
    if as_json:
        print_json(as_dict(job))
    if job.state == pb.JOB_STATE_ERROR:
        raise CliError(job.failure.message, f"Reason: {job.failure.reason}.")
    if job.state == pb.JOB_STATE_SUCCEEDED:
        return ExitCode.DONE
    err().print(f"Job {short(job.name)} {_end(job)}", markup=False, soft_wrap=True)
    return ExitCode.FOUND


def _end(job: pb.Job) -> str:
    """How a job ended that did not succeed, in words."""
    if job.failure.message:
        state = pb.JobState.Name(job.state).removeprefix("JOB_STATE_").lower()
        return f"{state}: {job.failure.message}"
    if job.state == pb.JOB_STATE_TIMED_OUT:
        return f"was stopped: it took longer than {job.spec.timeout.ToTimedelta().total_seconds():g} seconds."
    if job.state == pb.JOB_STATE_OUT_OF_MEMORY:
        limit = job.spec.limits.memory_bytes / 2**20
        return f"was stopped: it wanted more than {limit:.0f} MiB of memory, its limit."
    if job.state == pb.JOB_STATE_CANCELLED:
        return "was cancelled."
    return f"failed: exit code {job.exit_code}{_signal(job.exit_code)}."


def _signal(code: int) -> str:
    """Which signal an exit code stands for."""
    try:
        return f" ({signal.Signals(code - 128).name})"
    except ValueError:
        return ""


async def show_logs(environment: str, job: str, follow: bool) -> None:
    """What a job printed."""
    async with session() as maestro:
        name = f"{full_name(maestro, 'environments', environment)}/jobs/{checked_id(job)}"
        await _print_logs(maestro, name, follow=follow)


async def _print_logs(maestro: Maestro, name: str, *, follow: bool, silent: bool = False) -> None:
    async with aclosing(logs(maestro.jobs, name, follow=follow)) as pieces:
        async for piece in pieces:
            if not silent:
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
