"""The `maestro` command: parses the line; what a command needs is imported when it is run."""

from __future__ import annotations

import os
import sys

import typer

from maestro_cli.commands import events, healing, monitors, platform, stacks, templates

app = typer.Typer(
    name="maestro",
    help="Heals broken tests: finds out why they fail, edits the ones that are out of date, proves each "
    "edit, and refuses where the product is what broke.\n\n"
    "Start with: maestro heal PATH --base REV",
    epilog="Exit codes: 0 done, 1 something was found, 2 wrong use, 3 it could not run. "
    "Settings are MAESTRO_* variables: docs/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for group in (healing, platform, stacks, monitors, templates, events):
    group.register(app)


def main() -> None:
    """Run the command. No traceback reaches a person."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        app(prog_name="maestro")
    except Exception as error:
        _end(error)


def _end(error: Exception) -> None:
    """Say what happened, and end with the exit code that says it to programs."""
    from maestro_cli.explain import explain
    from maestro_cli.output import printable

    known = explain(error)
    print(f"maestro: {printable(known.message)}", file=sys.stderr)
    for line in printable(known.advice).splitlines():
        print(f"  {line}", file=sys.stderr)
    sys.exit(known.code)
