"""One process for each service."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestro_core.processes import die_with_parent, signal_group
from maestro_core.settings import ServiceName

_GRACE = 8.0


@dataclass(frozen=True, slots=True)
class Child:
    """A service's process."""

    name: ServiceName
    process: asyncio.subprocess.Process


async def start(name: ServiceName, env: Mapping[str, str], log: int | None = None) -> Child:
    """Start a service with an environment of its own; it ends with us. `log` takes what it prints."""
    # -P: what lies in the current folder must not pass for a module of ours.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "maestro_cli",
        "serve",
        name,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent(),
    )
    return Child(name, process)


async def first_end(children: Sequence[Child]) -> Child:
    """The first child that ends."""
    waiting = {asyncio.ensure_future(child.process.wait()): child for child in children}
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return waiting[done.pop()]
    finally:
        for task in waiting:
            task.cancel()


async def stop(children: Sequence[Child]) -> None:
    """End them all at once: SIGTERM, and SIGKILL for what is left after a while."""
    for child in children:
        if child.process.returncode is None:
            child.process.send_signal(signal.SIGTERM)
    waits = [asyncio.ensure_future(child.process.wait()) for child in children]
    if waits:
        await asyncio.wait(waits, timeout=_GRACE)
    for child in children:
        signal_group(child.process.pid, signal.SIGKILL)
    await asyncio.gather(*waits)
