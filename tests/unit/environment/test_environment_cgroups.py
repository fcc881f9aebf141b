"""Control groups as files: what is read and written where. The contract suite has them for real."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from maestro_environment.backends.local import cgroups
from maestro_environment.backends.local.cgroups import Group
from maestro_environment.domain.environment import Limits

LIMITS = Limits(2**20, 500, 7, 0)


def place(root: Path, name: str, handed_down: str = "") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "cgroup.procs").touch()
    (folder / "cgroup.subtree_control").write_text(handed_down)
    return folder


def test_a_version_2_group_with_limits_is_made_where_controllers_are_handed_down(tmp_path: Path) -> None:
    user = place(tmp_path, "user", "cpu memory pids")
    place(tmp_path, "user/session")
    assert cgroups._delegated(place(tmp_path, "user/session/shell")) == user


def test_without_such_a_place_a_group_is_made_where_we_are(tmp_path: Path) -> None:
    place(tmp_path, "user", "cpu")
    session = place(tmp_path, "user/session")
    assert cgroups._delegated(session) == session
    assert cgroups._delegated(None) is None


def test_limits_of_version_1(tmp_path: Path) -> None:
    folders = {name: place(tmp_path, name) for name in ("memory", "pids", "cpu")}
    Group(folders, None).limit(LIMITS)
    assert (folders["memory"] / "memory.limit_in_bytes").read_text() == "1048576"
    assert (folders["pids"] / "pids.max").read_text() == "7"
    assert (folders["cpu"] / "cpu.cfs_quota_us").read_text() == "50000"


def test_limits_of_version_2_where_it_has_the_controller(tmp_path: Path) -> None:
    unified = place(tmp_path, "unified")
    group = Group({}, unified)
    (unified / "pids.max").touch()
    group.limit(LIMITS)
    assert (unified / "pids.max").read_text() == "7"
    assert not (unified / "memory.max").exists()
    assert [group.enforces(name) for name in ("memory", "pids", "cpu")] == [False, True, False]


def test_a_group_without_the_memory_controller_counts_no_kills(tmp_path: Path) -> None:
    group = Group({}, place(tmp_path, "unified"))
    assert (group.memory_kills(), group.peak_memory()) == (0, 0)


def test_kills_below_a_version_1_group_count(tmp_path: Path) -> None:
    memory = place(tmp_path, "memory")
    (memory / "memory.oom_control").write_text("oom_kill_disable 0\noom_kill 1\n")
    (place(tmp_path, "memory/inside") / "memory.oom_control").write_text("oom_kill 2\n")
    assert Group({"memory": memory}, None).memory_kills() == 3


@pytest.mark.parametrize("unified", [False, True])
def test_without_a_file_that_kills_all_each_is_killed(tmp_path: Path, unified: bool) -> None:
    folder = place(tmp_path, "group")
    with subprocess.Popen(["sleep", "60"]) as outer, subprocess.Popen(["sleep", "60"]) as inner:
        (folder / "cgroup.procs").write_text(f"{outer.pid}\n")
        (place(tmp_path, "group/inside") / "cgroup.procs").write_text(f"{inner.pid}\n")
        Group({} if unified else {"pids": folder}, folder if unified else None).kill()
        assert (outer.wait(), inner.wait()) == (-signal.SIGKILL, -signal.SIGKILL)
