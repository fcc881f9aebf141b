"""Running a command's event loop so that Ctrl-C and SIGTERM end it in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from maestro_cli.failure import CliError, ExitCode

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result. Raises CliError (INTERRUPTED) after it was cancelled by a signal."""
    try:
        return asyncio.run(_until_signalled(work))
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise CliError("interrupted.", code=ExitCode.INTERRUPTED) from None


async def _until_signalled(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task
