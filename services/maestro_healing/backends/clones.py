"""Gets repositories from elsewhere, by git's own command: it can be stopped, and speaks every transport."""

from __future__ import annotations

import asyncio
import os
import re
import resource
from pathlib import Path
from urllib.parse import unquote

from maestro_core.processes import end_process
from maestro_healing.domain.errors import CannotHeal

_SECONDS = 300.0
_GRACE = 2.0
_LARGEST = 2 * 2**30
_URL = re.compile(
    r"(https|ssh)://[^-\s/][^\s]*|[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-\s][^\s]*"
)
# Nobody is there to answer a question.
_ENV = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "init.templateDir=")
_FILE = "file://"


def is_url(url: str) -> bool:
    """Whether a repository can be had from there."""
    return _URL.fullmatch(url) is not None


def local_path(url: str) -> str | None:
    """The path that a `file` URL names on this machine; None for every other."""
    return unquote(url.removeprefix(_FILE)) if url.startswith(f"{_FILE}/") else None


async def clone(url: str, target: Path) -> None:
    """Get a repository's history, and check nothing out. Raises CannotHeal (CLONE_FAILED)."""
    try:
        async with asyncio.timeout(_SECONDS):
            await _git(url, "clone", "--quiet", "--no-checkout", "--", url, str(target))
    except TimeoutError as error:
        raise CannotHeal("CLONE_FAILED", f"The repository did not come within {_SECONDS:.0f} s.") from error


async def _git(url: str, *arguments: str) -> None:
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    # No other transport than the one that was asked for may come in by a redirect.
    protocols = "file" if url.startswith(_FILE) else "https:ssh"
    process = await asyncio.create_subprocess_exec(
        *("git", *settings, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **_ENV, "GIT_ALLOW_PROTOCOL": protocols},
        start_new_session=True,
        preexec_fn=_limit,
    )
    try:
        _, complaints = await process.communicate()
    finally:
        await end_process(process, grace=_GRACE)
    if process.returncode != 0:
        words = complaints.decode(errors="replace").strip()[-500:]
        raise CannotHeal("CLONE_FAILED", f"The repository can't be had: {words}")


def _limit() -> None:
    """In the new process: what comes in is one file, and need not fill the disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST, _LARGEST))
