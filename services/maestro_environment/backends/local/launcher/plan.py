"""What the service tells the launcher, and what the launcher tells the service: JSON both ways."""

from __future__ import annotations

from typing import Literal, TypedDict


class Bind(TypedDict):
    """A path of the host shown inside."""

    source: str
    target: str
    writable: bool


class Overlay(TypedDict):
    """A folder shown at `target`, as it is in `lower`, with its changes kept in `upper`."""

    lower: str
    upper: str
    work: str
    target: str


class Walls(TypedDict):
    """What is seen inside; the rest of the host is there, read-only."""

    home: str
    hidden: list[str]
    shown: list[str]
    binds: list[Bind]
    overlay: Overlay | None
    tmp_bytes: int
    network: bool


class Collection(TypedDict):
    """What to keep when the command has ended; paths as they are inside, `into` is a folder of the host."""

    workspace: str
    artifacts: str
    patterns: list[str]
    junit: str
    into: str
    max_bytes: int
    max_files: int


class Plan(TypedDict):
    """One run: a command, its walls and limits, where its output goes and what is kept of it.

    Zero watches nothing. Where `user` is set, the command runs as that user, and the folders in `own` become
    his.
    """

    parent: int
    command: list[str]
    env: dict[str, str]
    directory: str
    walls: Walls | None
    cgroups: list[str]
    user: int | None
    own: list[str]
    rlimits: dict[str, int]
    watch_memory_bytes: int
    watch_tasks: int
    timeout_seconds: float | None
    log: str
    log_max_bytes: int
    files: dict[str, str | None]
    workspace: str
    collection: Collection | None
    outcome: str


Ending = Literal["exited", "timed out", "out of memory", "too many tasks", "stopped", "error"]


class KeptFile(TypedDict):
    """A file that was kept: its path as the job knows it, and its size."""

    path: str
    size: int


class Outcome(TypedDict):
    """How the run ended. `exit_code` is 128 + signal where a signal ended the command."""

    ending: Ending
    exit_code: int | None
    error: str
    reason: str
    started: float
    ended: float
    peak_memory_bytes: int
    log_bytes: int
    log_truncated: bool
    kept: list[KeptFile]
    junit: bool
