"""Connections to what listens inside an environment, whatever hides it from the host."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from maestro_environment.backends.local import sweep
from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launch import program
from maestro_environment.backends.local.launcher.tree import Process
from maestro_environment.domain.names import EnvironmentName
from maestro_environment.domain.ports import Streams

_TABLES = {"tcp": socket.AF_INET, "tcp6": socket.AF_INET6}
_LISTENS = "0A"
_OWN = Path("/proc/self/ns")


async def connect(home: Home, environment: EnvironmentName, port: int) -> Streams | None:
    """A connection to a process of the environment that listens on a port; None where there is none."""
    for process, host in await asyncio.to_thread(lambda: list(_listeners(home, environment, port))):
        with suppress(OSError):
            return await _dial(process, host, port)
    return None


def _listeners(home: Home, environment: EnvironmentName, port: int) -> Iterator[tuple[Process, str]]:
    """Who of the environment listens there, and on which address: what others listen on is not to be had."""
    for process, name in sweep.processes(home):
        if name == str(environment):
            with suppress(OSError):  # it has just ended
                own = set(_sockets(process))
                yield from ((process, host) for inode, host in _listening(process, port) if inode in own)


def _sockets(process: Process) -> Iterator[str]:
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(OSError):
            kind, _, inode = str(entry.readlink()).partition(":")
            if kind == "socket":
                yield inode.strip("[]")


def _listening(process: Process, port: int) -> Iterator[tuple[str, str]]:
    """Sockets of its network, whosever they are, that listen on a port: their numbers and addresses."""
    for table, family in _TABLES.items():
        for line in Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, _, number = fields[1].partition(":")
            if fields[3] == _LISTENS and int(number, 16) == port:
                yield fields[9], _host(address, family)


def _host(address: str, family: int) -> str:
    words = (int(address[place : place + 8], 16) for place in range(0, len(address), 8))
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    if not any(packed):  # on all addresses
        return "127.0.0.1" if family == socket.AF_INET else "::1"
    return socket.inet_ntop(family, packed)


async def _dial(process: Process, host: str, port: int) -> Streams:
    """Connect from where the process is. Raises OSError."""
    place = Path(f"/proc/{process.pid}/ns")
    if (place / "net").readlink() == (_OWN / "net").readlink():
        return await asyncio.open_connection(host, port)
    with ExitStack() as stack:
        namespaces = []
        for kind in ("user", "net"):
            if (place / kind).readlink() != (_OWN / kind).readlink():
                namespaces.append(os.open(place / kind, os.O_RDONLY))
                stack.callback(os.close, namespaces[-1])
        if Process.read(process.pid).started != process.started:  # what is open now may be another's
            raise ProcessLookupError(process.pid)
        ours, theirs = map(stack.enter_context, socket.socketpair())
        dialler = await asyncio.create_subprocess_exec(
            *program("dial"),
            *(*map(str, namespaces), host, str(port)),
            stdin=theirs.fileno(),
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            pass_fds=namespaces,
        )
        if await dialler.wait() != 0:
            raise ConnectionRefusedError(host, port)
        _, (connection,), *_ = socket.recv_fds(ours, 1, 1, socket.MSG_CMSG_CLOEXEC)
    return await asyncio.open_connection(sock=socket.socket(fileno=connection))
