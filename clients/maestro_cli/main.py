"""The `maestro` command: parses the line; what a command needs is imported when it is run."""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime

import typer

from maestro_cli.commands import platform
from maestro_cli.failure import CliError, ExitCode

app = typer.Typer(
    name="maestro",
    help="Heals broken tests: finds out why they fail, edits the ones that are out of date, proves each edit,"
    " and refuses where the product is what broke.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
platform.register(app)


def main() -> None:
    """Run the command. No traceback reaches a person."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        app()
    except CliError as error:
        _say(error)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:
        _say(_translated(error))


def _say(error: CliError) -> None:
    print(f"maestro: {error.message}", file=sys.stderr)
    if error.advice:
        print(f"  {error.advice}", file=sys.stderr)
    sys.exit(error.code)


def _translated(error: Exception) -> CliError:
    """What a person can do about an error that no command foresaw."""
    from pydantic import ValidationError

    from maestro_client import MaestroError
    from maestro_core.errors import DomainError
    from maestro_core.settings import Settings

    if isinstance(error, MaestroError):
        wrong = "; ".join(f"{one.field}: {one.description}" for one in error.violations)
        return CliError(f"{error.message} ({error.reason})", wrong)
    if isinstance(error, DomainError):
        return CliError(error.message, error.reason)
    if isinstance(error, ValidationError):
        problems = "; ".join(
            f"MAESTRO_{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()
        )
        return CliError(f"a setting is wrong: {problems}", "docs/settings.md lists them all.", ExitCode.WRONG_USE)
    log = Settings().data_dir / "maestro.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat()}\n{''.join(traceback.format_exception(error))}\n")
    return CliError(f"something unforeseen happened: {error!r}", f"{log} has the details.")
