"""Environments with databases and caches in them, for runs that need them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit

from maestro_client import Maestro, MaestroError
from maestro_healing.backends.jobs import Environment
from maestro_healing.domain.services import DATABASE, HOST, PASSWORD, PORT, URL, USER, Needed, Variable
from maestro_healing.domain.usecases.ports import Visit


class ServiceUnavailable(Exception):
    """A service can't be had; the message says why."""


class Stacks:
    """Lends one for each run: what a run leaves in a database is not there for the next."""

    def __init__(self, peer: Maestro, visit: Visit) -> None:
        self._peer = peer
        self._visit = visit
        self._numbers = count(1)

    @asynccontextmanager
    async def lend(self, services: Sequence[Needed]) -> AsyncIterator[tuple[Environment, Mapping[str, str]]]:
        """An environment with the services, and the variables that lead to them.

        Raises ServiceUnavailable.
        """
        kinds = sorted(needed.kind for needed in services)
        lent = Environment.lent(self._peer, self._visit, kinds, next(self._numbers))
        async with AsyncExitStack() as stack:
            try:
                environment = await stack.enter_async_context(lent)
            except MaestroError as error:
                raise ServiceUnavailable(error.message) from error
            found: dict[str, str] = {}
            for needed in services:
                known = environment.addresses.get(needed.kind, {})
                url = next((value for value in known.values() if "://" in value), "")
                found |= {variable.name: _value(variable, url) for variable in needed.variables}
            yield environment, found


def _value(variable: Variable, url: str) -> str:
    """What of an address a variable holds."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    values = {
        URL: f"{variable.scheme}{url[url.index(':') :]}"
        if variable.scheme and parts.scheme != "unix"
        else url,
        HOST: asked.get("host", [parts.hostname or ""])[0],
        PORT: asked.get("port", [str(parts.port or "")])[0],
        USER: unquote(parts.username or ""),
        PASSWORD: unquote(parts.password or ""),
        DATABASE: parts.path.lstrip("/"),
    }
    return values[variable.part]
