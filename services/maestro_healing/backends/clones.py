"""Repositories elsewhere, by git's own command: it can be stopped, and speaks every transport."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shlex
from pathlib import Path
from urllib.parse import unquote

from maestro_core.processes import end_process
from maestro_healing.domain.errors import CannotHeal

_SECONDS = 300.0
_ASK_SECONDS = 60.0
_GRACE = 2.0
_LARGEST = 2 * 2**30
_URL = re.compile(
    r"(https|ssh)://[^-\s/][^\s]*|[A-Za-z0-9._][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-\s][^\s]*"
)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
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


async def resolve(url: str, revision: str) -> str:
    """The commit that a branch, a tag or HEAD of a repository is now. Raises CannotHeal."""
    if _COMMIT.fullmatch(revision):
        return revision
    wanted = (
        [revision]
        if revision == "HEAD" or revision.startswith("refs/")
        else [f"refs/heads/{revision}", f"refs/tags/{revision}^{{}}", f"refs/tags/{revision}"]
    )
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            said = await _git(url, "ls-remote", "--quiet", "--", url, *wanted)
    except TimeoutError as error:
        raise CannotHeal(
            "CLONE_FAILED", f"The repository did not answer within {_ASK_SECONDS:.0f} s."
        ) from error
    lines = (line.partition("\t") for line in said.splitlines())
    found = {name: commit for commit, _, name in lines}
    for name in wanted:
        if name in found:
            return found[name]
    raise CannotHeal(
        "UNKNOWN_REVISION",
        f"The repository has no branch or tag {revision!r}; a monitor watches one of these, or HEAD.",
    )


async def push(folder: Path, url: str, commit: str, branch: str, credentials: Path) -> None:
    """Push a commit as a branch; one that is there already is left alone. Raises CannotHeal (PUSH_FAILED)."""
    helper = f"credential.helper=store --file={shlex.quote(str(credentials))}"
    # The empty one takes away what the machine's own settings name.
    command = ("-c", "credential.helper=", "-c", helper, "-C", str(folder), "push", "--quiet")
    target = f"{commit}:refs/heads/{branch}"
    try:
        async with asyncio.timeout(_SECONDS):
            await _git(url, *command, "--", url, target, failed="PUSH_FAILED")
    except TimeoutError as error:
        raise CannotHeal("PUSH_FAILED", f"The push did not end within {_SECONDS:.0f} s.") from error


async def _git(url: str, *arguments: str, failed: str = "CLONE_FAILED") -> str:
    """What git says. Raises CannotHeal with the reason."""
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    # No other transport than the one that was asked for may come in by a redirect.
    protocols = "file" if url.startswith(_FILE) else "https:ssh"
    process = await asyncio.create_subprocess_exec(
        *("git", *settings, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **_ENV, "GIT_ALLOW_PROTOCOL": protocols},
        start_new_session=True,
        preexec_fn=_limit,
    )
    try:
        said, complaints = await process.communicate()
    finally:
        await end_process(process, grace=_GRACE)
    if process.returncode != 0:
        words = complaints.decode(errors="replace").strip()[-500:]
        what = "takes no branch" if failed == "PUSH_FAILED" else "can't be had"
        raise CannotHeal(failed, f"The repository {what}: {words}")
    return said.decode(errors="replace")


def _limit() -> None:
    """In the new process: what comes in is one file, and need not fill the disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST, _LARGEST))
