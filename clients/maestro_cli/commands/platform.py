"""Running Maestro, and asking how it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from maestro_cli.failure import ExitCode


class ServiceChoice(StrEnum):
    """The services."""

    HEALING = "healing"
    ENVIRONMENT = "environment"
    TEMPLATE = "template"


class RoleChoice(StrEnum):
    """The roles that a token can carry."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    SERVICE = "service"


def up() -> None:
    """Run the whole platform here: the three services and an embedded Valkey.

    Stops on Ctrl-C or SIGTERM. Needs no set-up: keys, databases and files lie in the data directory
    (MAESTRO_DATA_DIR). Ports: 8003 healing, 8004 environment, 8005 template.

    Example: maestro up
    """
    from maestro_cli.platform.supervisor import up as run_platform
    from maestro_cli.running import run
    from maestro_core.settings import Settings

    run(run_platform(Settings()))


def serve(
    service: Annotated[ServiceChoice, typer.Argument(help="Which service.", show_default=False)],
) -> None:
    """Run one service.

    Uses MAESTRO_DATABASE_URL and MAESTRO_REDIS_URL, and embedded parts where they are not set.

    Example: MAESTRO_REDIS_URL=redis://localhost maestro serve healing
    """
    import importlib

    from maestro_core import logs, processes
    from maestro_core.settings import Settings

    settings = Settings()
    logs.configure(settings, service.value)
    app = importlib.import_module(f"maestro_{service.value}.app")
    processes.run(app.serve(settings))


def health(
    target: Annotated[
        str, typer.Argument(metavar="[NAME|ENDPOINT]", help="A service's name or address; all without one.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask services whether they serve: exit code 0 where all do, 1 where one does not.

    Examples: maestro health · maestro health healing · maestro health host:8003
    """
    from maestro_cli.output import print_fields, print_json
    from maestro_cli.platform.ready import status
    from maestro_cli.running import run
    from maestro_cli.target import endpoints
    from maestro_core.rpc.tls import channel_credentials
    from maestro_core.settings import Settings

    settings = Settings()
    known = endpoints(settings)
    named = {"healing": known.healing, "environment": known.environment, "template": known.template}
    asked = named if not target else {target: named.get(target, target)}
    said = {name: run(status(endpoint, channel_credentials(settings))) for name, endpoint in asked.items()}
    if as_json:
        print_json(said)
    else:
        print_fields({name: f"{said[name]} at {endpoint}" for name, endpoint in asked.items()})
    if any(one != "SERVING" for one in said.values()):
        raise typer.Exit(ExitCode.FOUND)


def token(
    tenant: Annotated[str, typer.Option(help="Whose resources it opens.", show_default="local")] = "",
    role: Annotated[
        RoleChoice, typer.Option(metavar="ROLE", help="What it allows: viewer, editor, admin or service.")
    ] = RoleChoice.ADMIN,
    subject: Annotated[str, typer.Option(help="Who it stands for.")] = "local-admin",
    ttl: Annotated[str, typer.Option(help="How long it lasts: 90s, 30m, 12h or 7d.")] = "12h",
) -> None:
    """Print a token for the platform of this data directory, e.g. for grpcurl.

    Example: grpcurl -plaintext -H "authorization: Bearer $(maestro token)" localhost:8003 list
    """
    from maestro_cli.durations import duration
    from maestro_core.auth.tokens import Authority
    from maestro_core.identity import Principal, Role
    from maestro_core.settings import Settings

    settings = Settings() if not tenant else Settings.model_validate({"tenant": tenant})
    principal = Principal(subject, settings.tenant, frozenset({Role(role.value)}))
    print(Authority.of(settings).issue(principal, duration(ttl)))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    panel = "Run the platform"
    for command in (up, serve, health, token):
        app.command(rich_help_panel=panel)(command)
