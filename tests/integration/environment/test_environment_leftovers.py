"""The look for what tests leave behind sees it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.launch import MARK
from tests import leftovers


def test_a_process_in_a_folder_is_seen_until_it_ends(tmp_path: Path) -> None:
    assert not list(leftovers.processes(tmp_path))
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as process:
        (seen,) = leftovers.processes(tmp_path)
        process.kill()
    assert str(process.pid) in seen
    assert not list(leftovers.processes(tmp_path))


def test_a_process_of_an_installation_in_a_folder_is_seen_wherever_it_is(tmp_path: Path) -> None:
    home = tmp_path / "data" / "environment"
    home.mkdir(parents=True)
    mark = f"{Home(home).instance}/tenants/t1/environments/e"
    with subprocess.Popen(["sleep", "60"], env={MARK: mark}, cwd="/") as process:
        (seen,) = leftovers.processes(tmp_path)
        process.kill()
    assert str(process.pid) in seen
