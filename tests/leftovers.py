"""After the last test: no process, port or control group that the tests made is there any more.

Looks once, where all workers have ended: a fixture or a test could not see what the others leave.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launch import MARK

# How deep in a worker's folder a test makes data directories.
_PLACES = ("environment", "*/environment", "*/*/environment", "*/*/*/environment")


def processes(folder: Path) -> Iterator[str]:
    """What runs in a folder, or on its behalf, with the ports that it listens on."""
    instances = tuple(f"{name}/" for name in _instances(folder))
    for process in psutil.process_iter(["cmdline", "cwd", "environ"]):
        command = " ".join(process.info["cmdline"] or ())
        mark = (process.info["environ"] or {}).get(MARK, "")
        place = Path(process.info["cwd"] or "/")
        if str(folder) in command or place.is_relative_to(folder) or mark.startswith(instances):
            yield f"process {process.pid} ({command}){_listening(process)}"


def groups(folder: Path) -> Iterator[str]:
    """Control groups of installations in a folder."""
    for name in _instances(folder):
        yield from (f"control group {group}" for group in called(name))


def called(name: str) -> Iterator[Path]:
    """Control groups of a name; others may come and go meanwhile."""
    for place, below, _ in os.walk("/sys/fs/cgroup"):
        yield from (Path(place, group) for group in below if group == name)


def _instances(folder: Path) -> set[str]:
    return {Home(home).instance for place in _PLACES for home in folder.glob(place)}


def _listening(process: psutil.Process) -> str:
    try:
        ports = [c.laddr.port for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    except psutil.Error:
        return ""
    return f", listening on {ports}" if ports else ""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the whole run where something is left."""
    if hasattr(session.config, "workerinput"):
        return
    folder = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    if left := [*processes(folder), *groups(folder)]:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        reporter.section("left behind", red=True)
        reporter.write_line("\n".join(left))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
