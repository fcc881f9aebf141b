"""Gets repositories from elsewhere, by git's own command: it can be stopped, and speaks every transport."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from maestro_core.processes import end_process
from maestro_healing.domain.errors import CannotHeal

_SECONDS = 300.0
_GRACE = 2.0
_URL = re.compile(
    r"(https|ssh)://[^-\s/][^\s]*|[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-\s][^\s]*"
)
# Nobody is there to answer a question, and no other transport than the two may come in by a redirect.
_ENV = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_ALLOW_PROTOCOL": "https:ssh",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.symlinks=true", "init.templateDir=")


def is_url(url: str) -> bool:
    """Whether a repository can be had from there."""
    return _URL.fullmatch(url) is not None


async def clone(url: str, revision: str, target: Path) -> None:
    """Clone a repository and check a revision out. Raises CannotHeal (CLONE_FAILED, UNKNOWN_REVISION)."""
    try:
        async with asyncio.timeout(_SECONDS):
            await _git("CLONE_FAILED", "clone", "--quiet", "--no-checkout", "--", url, str(target))
            wanted = await _commit(target, revision)
            await _git("CLONE_FAILED", "-C", str(target), "checkout", "--quiet", "--detach", wanted, "--")
    except TimeoutError as error:
        raise CannotHeal("CLONE_FAILED", f"The repository did not come within {_SECONDS:.0f} s.") from error


async def _commit(target: Path, revision: str) -> str:
    """The commit that a name means: there as such, or on the branch of that name."""
    for name in (revision, f"origin/{revision}") if revision else ("HEAD",):
        try:
            arguments = ("-C", str(target), "rev-parse", "--verify", "--quiet", "--end-of-options")
            return await _git("UNKNOWN_REVISION", *arguments, f"{name}^{{commit}}")
        except CannotHeal:
            continue
    raise CannotHeal("UNKNOWN_REVISION", f"The repository has no revision {revision!r}.")


async def _git(reason: str, *arguments: str) -> str:
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    process = await asyncio.create_subprocess_exec(
        *("git", *settings, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **_ENV},
        start_new_session=True,
    )
    try:
        output, complaints = await process.communicate()
    finally:
        await end_process(process, grace=_GRACE)
    if process.returncode != 0:
        words = complaints.decode(errors="replace").strip()[-500:]
        raise CannotHeal(reason, f"The repository can't be had: {words}")
    return output.decode(errors="replace").strip()
