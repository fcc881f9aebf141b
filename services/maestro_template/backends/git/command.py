"""git's own command, by GitPython, for the repositories of others: no hooks, no questions, and bounded."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git import Git

from maestro_core.errors import DomainError, FailedPrecondition, ResourceExhausted, Unavailable

# What may come in is one file, and need not fill the disk; what is unpacked need not fill the memory.
_LARGEST: Final = 256 * 2**20
_MEMORY: Final = 2 * 2**30
_BLOCK, _KILOBYTE = 512, 1024
_LIMITED: Final = (
    "sh", "-c", 'ulimit -f "$0" && ulimit -v "$1" && shift && exec git "$@"',
    str(_LARGEST // _BLOCK), str(_MEMORY // _KILOBYTE),
)  # fmt: skip
_CONFIG: Final = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.bigFileThreshold": "8m",
    "credential.helper": "",
    "fetch.unpackLimit": "1",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    # A redirect could carry the password elsewhere.
    "http.followRedirects": "false",
    "transfer.fsckObjects": "true",
}
_REFUSED: Final = ("Authentication failed", "could not read Username", "error: 401", "error: 403")
_TOO_LARGE: Final = ("signal 25", "File too large", "Out of memory", "out of memory")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a remote asks for."""

    username: str
    password: str


def run_git(
    folder: Path,
    *arguments: str,
    protocols: str = "file",
    credentials: Credentials | None = None,
    seconds: float,
) -> tuple[int, str]:
    """Run a command in a repository; gives its exit code and what it printed.

    It is killed after so many seconds. Raises Unavailable (REMOTE_TIMEOUT).
    """
    config = dict(_CONFIG)
    if credentials is not None:
        token = b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
        config["http.extraHeader"] = f"Authorization: Basic {token}"
    environment = {
        "GIT_ALLOW_PROTOCOL": protocols,
        "GIT_ASKPASS": "true",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        # Not on the command line, where everybody on the machine could read them.
        "GIT_CONFIG_COUNT": str(len(config)),
        **{f"GIT_CONFIG_KEY_{number}": name for number, name in enumerate(config)},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(config.values())},
    }
    command = [*_LIMITED, "--git-dir", str(folder), *arguments]
    status, printed, complaints = Git(str(folder)).execute(
        command, with_extended_output=True, with_exceptions=False, env=environment, kill_after_timeout=seconds
    )
    words = f"{_text(printed)}\n{_text(complaints)}".strip()
    if "did not complete in" in words:
        raise Unavailable(
            f"the remote took more than {seconds:g} seconds", reason="REMOTE_TIMEOUT", retry_after=10.0
        )
    return status, words


def failure(words: str) -> DomainError:
    """What a failed talk with a remote means, by what git said of it."""
    said = words[-500:]
    if any(sign in words for sign in _REFUSED):
        return FailedPrecondition(f"the remote does not let us in: {said}", reason="REMOTE_REFUSED")
    if any(sign in words for sign in _TOO_LARGE):
        return ResourceExhausted(f"the remote sends more than is taken: {said}", reason="REMOTE_TOO_LARGE")
    return Unavailable(f"the remote can't be had: {said}", reason="REMOTE_UNAVAILABLE", retry_after=10.0)


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
