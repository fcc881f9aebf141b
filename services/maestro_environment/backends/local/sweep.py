"""Finds what an environment has left on this machine: by its mark, its control group, its folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psutil

from maestro_environment.backends.local.home import Home, from_group_name
from maestro_environment.backends.local.launch import MARK
from maestro_environment.backends.local.machine import Machine
from maestro_environment.domain.names import EnvironmentName


def processes(home: Home) -> Iterator[tuple[psutil.Process, str]]:
    """Every process that carries a mark of ours, with the name of its environment."""
    prefix = f"{home.instance}/"
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            mark = process.environ().get(MARK, "")
            if mark.startswith(prefix):
                yield process, mark.removeprefix(prefix)


def kill_all(home: Home) -> None:
    """Kill every process of ours, until none is left; never one whose number has become another's."""
    while found := [process for process, _ in processes(home)]:
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=1)


def environments(home: Home, machine: Machine) -> set[EnvironmentName]:
    """Every environment that has a folder or a control group."""
    groups = machine.group.names() if machine.group else set()
    named = {name for group in groups if (name := from_group_name(group))}
    return home.environments() | named
