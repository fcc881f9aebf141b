"""Watching projects."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from maestro_cli.commands.stacks import PANEL, AsJson

Name = Annotated[str, typer.Argument(help="The monitor's id.", show_default=False)]

monitors = typer.Typer(
    help="Watch projects for failures, and have them healed under a policy.", no_args_is_help=True
)


class Kind(StrEnum):
    """What a monitor can look for."""

    TEST = "test"
    BUILD = "build"
    TYPE = "type"
    LINT = "lint"


@monitors.command()
def create(
    project: Annotated[
        str,
        typer.Argument(
            help="A folder below the service's MAESTRO_ALLOWED_ROOTS, or the https, ssh or file URL of a git "
            "repository.",
            show_default=False,
        ),
    ],
    kinds: Annotated[
        list[Kind] | None,
        typer.Option("--kind", help="What to look for; repeat it. Tests without it."),
    ] = None,
    revision: Annotated[str, typer.Option(help="Branch or tag of a git URL; its HEAD without it.")] = "",
    base: Annotated[
        str,
        typer.Option(
            help="Last revision at which the tests were right. Else the last commit at which the monitor ran "
            "them."
        ),
    ] = "",
    interval: Annotated[str, typer.Option(help="How often to look: 30s, 5m, 1h.")] = "60s",
    heal: Annotated[bool, typer.Option("--heal", help="Heal test failures, each on a branch.")] = False,
    push: Annotated[
        bool, typer.Option("--push", help="Push the branches of a git URL. Else the healing has a patch.")
    ] = False,
    python: Annotated[str, typer.Option(help="Interpreter for the tests, on the service's machine.")] = "",
    name: Annotated[str, typer.Option("--id", help="Its id; made up without one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Watch a project.

    Examples:

    maestro monitor create . --kind test --kind lint --heal

    maestro monitor create https://example.org/shop.git --revision main --interval 5m
    """
    from maestro_cli import monitors as work
    from maestro_cli.running import run

    wish = work.Wish(
        project, tuple(kind.value for kind in kinds or ()), revision, base, interval, heal, push, python, name
    )
    run(work.create(wish, as_json))


@monitors.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the monitors."""
    from maestro_cli import monitors as work
    from maestro_cli.running import run

    run(work.show_all(as_json))


@monitors.command()
def get(name: Name, as_json: AsJson = False) -> None:
    """Show one monitor, with the healings that it asked for and their branches."""
    from maestro_cli import monitors as work
    from maestro_cli.running import run

    run(work.show(name, as_json))


@monitors.command()
def delete(name: Name) -> None:
    """Stop to watch a project, and stop the healings that the monitor asked for."""
    from maestro_cli import monitors as work
    from maestro_cli.running import run

    run(work.delete(name))


@monitors.command()
def watch(
    after: Annotated[
        int | None,
        typer.Option(help="Go on after this number, the last one that was seen.", min=0, show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Print what the monitors find, as they find it, until Ctrl-C."""
    from maestro_cli import monitors as work
    from maestro_cli.running import run

    run(work.watch_errors(after, as_json))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(monitors, name="monitor", rich_help_panel=PANEL)
