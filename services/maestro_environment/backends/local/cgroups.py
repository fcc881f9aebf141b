"""Control groups, where this machine lets us make some: version 1, version 2, or both at once.

In a hybrid tree the controllers are in version 1 while version 2 has the one file that kills a whole group.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from maestro_environment.domain.environment import Limits

_PERIOD_MICROSECONDS = 100_000
_CONTROLLERS = ("memory", "pids", "cpu")
_REMOVE_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class Group:
    """One group: a folder for each hierarchy that it is in."""

    folders: Mapping[str, Path]
    unified: Path | None

    def child(self, name: str) -> Group:
        """The group of this name below; made where it is missing."""
        folders = {key: folder / name for key, folder in self.folders.items()}
        unified = self.unified / name if self.unified else None
        group = Group(folders, unified)
        for folder in group._all():
            folder.mkdir(exist_ok=True)
        return group

    def hand_down(self) -> None:
        """Let children of a version 2 group have limits of their own."""
        if self.unified is not None:
            for controller in _CONTROLLERS:
                with suppress(OSError):
                    (self.unified / "cgroup.subtree_control").write_text(f"+{controller}")

    def limit(self, limits: Limits) -> None:
        """Bound what the group takes; zero bounds nothing, and so does what has no controller here."""
        if limits.memory_bytes:
            self._set("memory", "memory.limit_in_bytes", "memory.max", str(limits.memory_bytes))
            with suppress(FileNotFoundError):  # without swap there is nothing to bound
                self._set("memory", "memory.memsw.limit_in_bytes", "memory.swap.max", self._swap(limits))
        if limits.processes:
            self._set("pids", "pids.max", "pids.max", str(limits.processes))
        if limits.cpu_millis:
            quota = limits.cpu_millis * _PERIOD_MICROSECONDS // 1000
            self._set("cpu", "cpu.cfs_quota_us", "cpu.max", str(quota))

    def entrances(self) -> list[str]:
        """The files that a process writes itself into to join.

        It joins a group below: one that is root could make a name space of groups, which begins at its own,
        and lift what limits that one.
        """
        return [str(folder / "cgroup.procs") for folder in self.child("inside")._all()]

    def enforces(self, controller: str) -> bool:
        """Whether limits of a controller hold here."""
        file = {"memory": "memory.max", "pids": "pids.max", "cpu": "cpu.max"}[controller]
        return controller in self.folders or (self.unified is not None and (self.unified / file).exists())

    def memory_kills(self) -> int:
        """How many processes the kernel killed because the group was out of memory."""
        if "memory" in self.folders:
            places = (self.folders["memory"], *_below(self.folders["memory"]))
            return sum(_field(place / "memory.oom_control", "oom_kill") for place in places)
        if self.unified and (events := self.unified / "memory.events").exists():
            return _field(events, "oom_kill")
        return 0

    def peak_memory(self) -> int:
        """The most memory that it took, in bytes; 0 where nobody measured."""
        if "memory" in self.folders:
            return int((self.folders["memory"] / "memory.max_usage_in_bytes").read_text())
        if self.unified and (peak := self.unified / "memory.peak").exists():
            return int(peak.read_text())
        return 0

    def kill(self) -> None:
        """Kill every process in it and below: at one stroke, or what is there now where no file does that."""
        if self.unified is not None and (killer := self.unified / "cgroup.kill").exists():
            killer.write_text("1")
            return
        with suppress(OSError):
            self._set("pids", "pids.max", "pids.max", "0")  # no new ones meanwhile
        for folder in self._all():
            for place in (folder, *_below(folder)):
                with suppress(OSError):
                    for pid in (place / "cgroup.procs").read_text().split():
                        os.kill(int(pid), signal.SIGKILL)

    async def remove(self) -> None:
        """Kill what is in it and remove it, with all that is below."""
        for _ in range(_REMOVE_ATTEMPTS):
            self.kill()
            if self._try_remove():
                return
            await asyncio.sleep(0.01)
        raise OSError(f"the control groups {[str(folder) for folder in self._all()]} can't be removed")

    def names(self) -> set[str]:
        """Names of the groups directly below."""
        return {child.name for folder in self._all() if folder.exists() for child in _children(folder)}

    def _all(self) -> Iterator[Path]:
        yield from dict.fromkeys(self.folders.values())
        if self.unified is not None:
            yield self.unified

    def _set(self, controller: str, first: str, second: str, value: str) -> None:
        if controller in self.folders:
            (self.folders[controller] / first).write_text(value)
        elif self.enforces(controller) and self.unified is not None:
            (self.unified / second).write_text(value)

    def _swap(self, limits: Limits) -> str:
        return str(limits.memory_bytes) if "memory" in self.folders else "0"

    def _try_remove(self) -> bool:
        gone = True
        for folder in self._all():
            for place in (*_below(folder), folder):
                try:
                    place.rmdir()
                except FileNotFoundError:
                    continue
                except OSError:
                    gone = False
        return gone


def root(name: str) -> Group | None:
    """Our group of this name below the one we are in, or None where we may make none.

    It keeps no processes itself; groups below it do.
    """
    places = dict(_places())
    folders = {
        controller: folder / name
        for controller in _CONTROLLERS
        if (folder := places.get(controller)) is not None and _makes(folder / name)
    }
    unified = _delegated(places.get(""))
    group = Group(folders, unified / name if unified is not None and _makes(unified / name) else None)
    if group.unified is not None and unified is not None:
        if unified == places.get(""):
            Group({}, unified).hand_down()
        group.hand_down()
    return group if group.folders or group.unified else None


def _delegated(own: Path | None) -> Path | None:
    """Where a version 2 group with limits can be made: the nearest place above that hands controllers down.

    Our own place can't while we are in it, but for the root of all. Where there is none, a group there is
    good for ending what is in it.
    """
    for place in (own, *own.parents) if own is not None else ():
        try:
            handed_down = (place / "cgroup.subtree_control").read_text().split()
        except OSError:  # no group any more
            break
        if {"memory", "pids"} <= set(handed_down) and os.access(place / "cgroup.procs", os.W_OK):
            return place
    return own


def _makes(folder: Path) -> bool:
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return False
    return True


def _places() -> Iterator[tuple[str, Path]]:
    """Where our process is in each hierarchy: by controller, and "" for version 2."""
    try:
        own = [line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines()]
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    except OSError:
        return
    for fields in mounts:
        kind, options = fields[fields.index("-") + 1], fields[-1].split(",")
        if kind not in ("cgroup", "cgroup2"):
            continue
        for names, path in own:
            controllers = names.split(",") if kind == "cgroup" else [""]
            if kind == "cgroup2" and names:
                continue
            # A container sees its own group as the root of the mount.
            inside = path if fields[3] == "/" else path.removeprefix(fields[3])
            place = Path(fields[4] + inside)
            for controller in controllers:
                if (kind == "cgroup2" or controller in options) and place.is_dir():
                    yield controller, place


def _children(folder: Path) -> Iterator[Path]:
    return (child for child in folder.iterdir() if child.is_dir())


def _below(folder: Path) -> Iterator[Path]:
    """All groups below one, the deepest first."""
    if folder.exists():
        for child in _children(folder):
            yield from _below(child)
            yield child


def _field(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0
