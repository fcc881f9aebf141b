"""The process that keeps the platform of `maestro heal` up. Its one argument is the data directory."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
import threading
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from maestro_cli.failure import CliError
from maestro_cli.platform import children
from maestro_cli.platform.embedded import USERS
from maestro_cli.platform.ready import until_serving
from maestro_cli.platform.record import Record
from maestro_client.connection import Endpoints
from maestro_core.embedded.files import socket_path
from maestro_core.embedded.valkey import EmbeddedValkey
from maestro_core.settings import ServiceName

_SERVICES: tuple[ServiceName, ...] = ("environment", "healing")
_KEPT_SETTINGS = ("MAESTRO_LOG_LEVEL", "MAESTRO_LOG_FORMAT")


def main() -> None:
    """Keep it up until the last command has gone."""
    folder = Path(sys.argv[1])
    try:
        record = Record(folder)
    except CliError:
        sys.exit(0)  # another command was quicker
    try:
        asyncio.run(_keep(folder, record))
    except CliError as error:
        sys.exit(error.message)
    finally:
        record.release()


async def _keep(folder: Path, record: Record) -> None:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end.set)
    threading.Thread(target=_wait_for_last_user, args=(folder, loop, end), daemon=True).start()
    sockets = {name: socket_path(folder, f"{name}.sock") for name in _SERVICES}
    async with AsyncExitStack() as stack:
        for path in sockets.values():
            path.unlink(missing_ok=True)
            stack.callback(path.unlink, missing_ok=True)
        valkey = await stack.enter_async_context(EmbeddedValkey(folder))
        running_children: list[children.Child] = []
        stack.push_async_callback(children.stop, running_children)
        for name in _SERVICES:
            running_children.append(await _start(name, folder, sockets, valkey.url))
        await _serve(record, sockets, running_children, end)


async def _start(
    name: ServiceName, folder: Path, sockets: dict[ServiceName, Path], redis_url: str
) -> children.Child:
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAESTRO_")}
    env |= {key: os.environ[key] for key in _KEPT_SETTINGS if key in os.environ}
    env |= {
        "MAESTRO_DATA_DIR": str(folder),
        "MAESTRO_REDIS_URL": redis_url,
        "MAESTRO_LISTEN": f"unix:{sockets[name]}",
        # Only this user reaches the socket, and the services may read what this user may.
        "MAESTRO_ALLOWED_ROOTS": json.dumps(["/"]),
        "MAESTRO_STOP_GRACE": "1",
    }
    env |= {f"MAESTRO_{peer.upper()}_ENDPOINT": f"unix:{path}" for peer, path in sockets.items()}
    log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        return await children.start(name, env, log)
    finally:
        os.close(log)


async def _serve(
    record: Record,
    sockets: dict[ServiceName, Path],
    running_children: list[children.Child],
    end: asyncio.Event,
) -> None:
    """Until nobody uses it. Raises CliError where a service ends before."""
    ended = asyncio.ensure_future(children.first_end(running_children))
    unused = asyncio.ensure_future(end.wait())
    reached = {name: f"unix:{path}" for name, path in sockets.items()}
    ready = asyncio.ensure_future(asyncio.gather(*map(until_serving, reached.values())))
    tasks: set[asyncio.Future[Any]] = {ended, unused, ready}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            ready.result()
            record.write(Endpoints(template="", **reached))
            await asyncio.wait({ended, unused}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done() and not unused.done():
            child = ended.result()
            raise CliError(
                f"the {child.name} service ended by itself (exit code {child.process.returncode})."
            )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _wait_for_last_user(folder: Path, loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    """The lock is ours when nobody shares it any more; it is kept until this process has ended."""
    lock = os.open(folder / USERS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    loop.call_soon_threadsafe(end.set)


if __name__ == "__main__":
    main()
