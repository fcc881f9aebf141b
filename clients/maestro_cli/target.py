"""Which platform a command talks to, and with which token."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from maestro_cli.failure import CliError
from maestro_cli.platform.record import running
from maestro_client import Endpoints, Maestro, connect
from maestro_core.embedded.credentials import Credentials
from maestro_core.rpc.tls import channel_credentials
from maestro_core.settings import Settings


def endpoints(settings: Settings) -> Endpoints:
    """MAESTRO_ENDPOINT, else the platform that holds the data directory's lock, else the settings' ports."""
    named = os.environ.get("MAESTRO_ENDPOINT")
    if named:
        return Endpoints.at(named)
    platform = running(settings.data_dir)
    if platform is not None:
        return platform.endpoints
    return Endpoints(
        settings.endpoint("healing"), settings.endpoint("environment"), settings.endpoint("template")
    )


def token(settings: Settings) -> str:
    """MAESTRO_TOKEN, else the data directory's local admin token."""
    return os.environ.get("MAESTRO_TOKEN") or Credentials.ensure(settings).admin_token()


def platform(settings: Settings, at: Endpoints | None = None) -> Maestro:
    """A client of the platform that the command talks to."""
    return connect(at or endpoints(settings), token(settings), credentials=channel_credentials(settings))


def embedded(settings: Settings, at: Endpoints) -> Maestro:
    """A client of a platform of our own, with its own token."""
    return connect(at, Credentials.ensure(settings).admin_token())


@asynccontextmanager
async def session() -> AsyncIterator[Maestro]:
    """A client, for the length of a block. Raises CliError where the token can't be read."""
    async with platform(Settings()) as maestro:
        try:
            _ = maestro.parent
        except ValueError as error:
            raise CliError(
                str(error), "MAESTRO_TOKEN must hold a token such as `maestro token` prints."
            ) from error
        yield maestro
