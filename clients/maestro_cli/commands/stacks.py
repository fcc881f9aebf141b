"""Throw-away environments, and jobs in them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

PANEL = "Use the services"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="The environment's id.", show_default=False)]

environments = typer.Typer(help="Make, list and end throw-away environments.", no_args_is_help=True)
jobs = typer.Typer(help="Run commands in environments.", no_args_is_help=True)


class Kind(StrEnum):
    """What an environment can be asked to have."""

    POSTGRESQL = "postgresql"
    REDIS = "redis"
    MYSQL = "mysql"
    MONGODB = "mongodb"


@environments.command()
def create(
    services: Annotated[list[Kind] | None, typer.Argument(help="Databases to start in it.")] = None,
    name: Annotated[str, typer.Option("--id", help="Its id; made up without one.")] = "",
    ttl: Annotated[str, typer.Option(help="How long it lives: 90s, 30m, 2h.")] = "60m",
    as_json: AsJson = False,
) -> None:
    """Make an environment and wait until it is ready; prints how to reach its parts.

    Example: maestro env create postgresql redis --ttl 30m
    """
    from maestro_cli import environments as work
    from maestro_cli.running import run

    raise typer.Exit(run(work.create([kind.value for kind in services or ()], name, ttl, as_json)))


@environments.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the environments."""
    from maestro_cli import environments as work
    from maestro_cli.running import run

    run(work.show_all(as_json))


@environments.command()
def get(name: Name, as_json: AsJson = False) -> None:
    """Show one environment, with its connection strings."""
    from maestro_cli import environments as work
    from maestro_cli.running import run

    run(work.show(name, as_json))


@environments.command()
def delete(name: Name) -> None:
    """Take an environment down, with everything in it."""
    from maestro_cli import environments as work
    from maestro_cli.running import run

    run(work.delete(name))


@environments.command()
def extend(
    name: Name, ttl: Annotated[str, typer.Option(help="How long it lives from now: 90s, 30m, 2h.")] = "60m"
) -> None:
    """Move the end of an environment."""
    from maestro_cli import environments as work
    from maestro_cli.running import run

    run(work.extend(name, ttl))


@environments.command()
def tunnel(
    name: Name,
    port: Annotated[int, typer.Argument(help="The port inside it.", min=1, max=65535, show_default=False)],
    local_port: Annotated[int, typer.Option(help="The port here; a free one for 0.", min=0, max=65535)] = 0,
) -> None:
    """Lead a port of this machine to one inside an environment, until Ctrl-C.

    A database is reached by its usual port, a job by one that it listens on.

    Example: maestro env tunnel my-env 8000
    """
    from maestro_cli import environments as work
    from maestro_cli.running import run

    run(work.tunnel_to(name, port, local_port))


@jobs.command("run")
def run_job(
    environment: Name,
    command: Annotated[
        list[str], typer.Argument(metavar="-- CMD...", help="Program and arguments.", show_default=False)
    ],
    workspace: Annotated[
        Path | None, typer.Option(help="Folder whose files it runs on.", show_default=False)
    ] = None,
    timeout: Annotated[str, typer.Option(help="The longest that it may run.")] = "10m",
    as_json: AsJson = False,
) -> None:
    """Run a command in an environment and show what it prints: exit code 0 where it succeeds, else 1.

    Example: maestro job run my-env --workspace . -- python -m pytest -q
    """
    from maestro_cli import jobs as work
    from maestro_cli.running import run

    raise typer.Exit(run(work.run_job(environment, command, workspace, timeout, as_json)))


@jobs.command()
def logs(
    environment: Name,
    job: Annotated[str, typer.Argument(help="The job's id.", show_default=False)],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until the job ends.")] = False,
) -> None:
    """Show what a job printed."""
    from maestro_cli import jobs as work
    from maestro_cli.running import run

    run(work.show_logs(environment, job, follow))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(environments, name="env", rich_help_panel=PANEL)
    app.add_typer(jobs, name="job", rich_help_panel=PANEL)
