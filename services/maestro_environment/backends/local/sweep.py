"""Finds what an environment has left on this machine: by its mark, its control group, its folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from maestro_environment.backends.local.home import Home, from_group_name
from maestro_environment.backends.local.launch import MARK
from maestro_environment.backends.local.launcher import tree
from maestro_environment.backends.local.launcher.tree import Process
from maestro_environment.backends.local.machine import Machine
from maestro_environment.domain.names import EnvironmentName


def processes(home: Home) -> Iterator[tuple[Process, str]]:
    """Every process that carries a mark of ours, or works in a server's data, with its environment's name.

    A server may write over what marks its processes, PostgreSQL does; and where its launcher was killed while
    it stopped them, they stay.
    """
    prefix = f"{MARK}={home.instance}/".encode()
    for process in tree.processes():
        with suppress(OSError):  # it has ended, or is another user's
            for variable in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                if variable.startswith(prefix):
                    yield process, variable.removeprefix(prefix).decode()
                    break
            else:
                name = home.served_in(_place(process))
                if name is not None:
                    yield process, str(name)


def kill_all(home: Home) -> None:
    """Kill every process of ours, until none is left."""
    tree.end(lambda: (process for process, _ in processes(home)))


def kill_in(folder: Path) -> None:
    """Kill every process that works in a folder, until none is left. One behind walls is not seen."""
    tree.end(lambda: (process for process in tree.processes() if _is_in(process, folder)))


def _is_in(process: Process, folder: Path) -> bool:
    with suppress(OSError):
        return _place(process).is_relative_to(folder)
    return False


def _place(process: Process) -> Path:
    return Path(f"/proc/{process.pid}/cwd").readlink()


def environments(home: Home, machine: Machine) -> set[EnvironmentName]:
    """Every environment that has a folder or a control group."""
    groups = machine.group.names() if machine.group else set()
    named = {name for group in groups if (name := from_group_name(group))}
    return home.environments() | named
