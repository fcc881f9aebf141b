"""Seeing what happens inside."""

from __future__ import annotations

from typing import Annotated

import typer

events = typer.Typer(help="Look at the event streams.", no_args_is_help=True)


@events.command()
def tail(
    stream: Annotated[
        str, typer.Argument(help="A stream's name or its end, e.g. k8s:status; all without one.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Print events of every tenant as they are published, until Ctrl-C.

    Example: maestro events tail automation:results --json
    """
    from maestro_cli.running import run
    from maestro_cli.tail import tail as follow

    run(follow(stream, as_json))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(events, name="events", rich_help_panel="Run the platform")
