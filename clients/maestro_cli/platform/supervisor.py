"""`maestro up`: Valkey and one process for each service, until a signal or until one of them ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from maestro_cli.failure import CliError
from maestro_cli.platform import children
from maestro_cli.platform.ready import until_serving
from maestro_cli.platform.record import Record
from maestro_client.connection import Endpoints
from maestro_core.embedded.credentials import Credentials
from maestro_core.embedded.valkey import redis_for
from maestro_core.rpc.tls import channel_credentials
from maestro_core.settings import ServiceName, Settings

SERVICES: tuple[ServiceName, ...] = ("healing", "environment", "template")


async def up(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises CliError where a part can't start or ends by itself."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    record = Record(settings.data_dir)
    try:
        for name in SERVICES:
            _refuse_taken_port(settings, name)
        Credentials.ensure(settings)
        async with AsyncExitStack() as stack:
            url = await stack.enter_async_context(redis_for(settings))
            env = _environment(settings, url)
            running: list[children.Child] = []
            stack.push_async_callback(children.stop, running)
            for name in SERVICES:
                running.append(await children.start(name, env))
            await _serve(settings, record, running, stop)
            print("Stopping …", flush=True)
    finally:
        record.release()


async def _serve(
    settings: Settings, record: Record, running: list[children.Child], stop: asyncio.Event
) -> None:
    """Until somebody asks to stop. Raises CliError where a service ends before."""
    stopping = asyncio.ensure_future(stop.wait())
    ended = asyncio.ensure_future(children.first_end(running))
    announced = asyncio.ensure_future(_announce(settings, record))
    tasks: set[asyncio.Future[Any]] = {stopping, ended, announced}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if announced.done():
            announced.result()
            await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done() and not stopping.done():
            child = ended.result()
            raise CliError(
                f"the {child.name} service ended by itself (exit code {child.process.returncode}).",
                "The others are stopped, too. What it said last stands above.",
            )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _announce(settings: Settings, record: Record) -> None:
    """Wait until all serve, and say where."""
    credentials = channel_credentials(settings)
    reached: dict[ServiceName, str] = {name: _reached(settings, name) for name in SERVICES}
    await asyncio.gather(*(until_serving(endpoint, credentials) for endpoint in reached.values()))
    record.write(Endpoints(**reached))
    for name, endpoint in reached.items():
        print(f"{name:<12} {endpoint}")
    print(f"data         {settings.data_dir.absolute()}")
    print("Ready. `maestro token` prints a token; Ctrl-C stops.", flush=True)


def _reached(settings: Settings, name: ServiceName) -> str:
    """Where this machine reaches a service that may listen on every address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    return f"{host}:{settings.port(name)}"


def _environment(settings: Settings, redis_url: str) -> Mapping[str, str]:
    env = {
        **os.environ,
        "MAESTRO_DATA_DIR": str(settings.data_dir.absolute()),
        "MAESTRO_REDIS_URL": redis_url,
    }
    if sys.stderr.isatty():
        env.setdefault("MAESTRO_LOG_FORMAT", "console")
    return env


def _refuse_taken_port(settings: Settings, name: ServiceName) -> None:
    """A clear word before anything is started, instead of a service that dies later."""
    host, port = settings.host, settings.port(name)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CliError(
                f"the {name} service can't listen on {host}:{port}: {error.strerror}.",
                f"Stop what listens there, or set MAESTRO_{name.upper()}_PORT or MAESTRO_HOST.",
            ) from error
