"""What this machine lets us do, found out by trying."""

from __future__ import annotations

import pwd
import random
import sys
from dataclasses import dataclass
from pathlib import Path

from maestro_environment.backends.local.cgroups import Group
from maestro_environment.domain.environment import Enforcement, Isolation


@dataclass(frozen=True, slots=True)
class Machine:
    """The means that are there.

    `walls` are namespaces, `layers` is a file system that lies over another, `user` says that each run can
    have a user of its own, and `counts` that the kernel counts a run's processes without a control group.
    """

    walls: bool = False
    layers: bool = False
    user: bool = False
    counts: bool = False
    group: Group | None = None

    @property
    def memory(self) -> bool:
        """Whether the kernel holds a group's memory limit."""
        return self.group is not None and self.group.enforces("memory")

    @property
    def tasks(self) -> bool:
        """Whether the kernel holds a limit of processes."""
        return self.counts or (self.group is not None and self.group.enforces("pids"))

    @property
    def isolation(self) -> Isolation:
        """What that is worth."""

        def held(condition: bool) -> Enforcement:
            return Enforcement.ENFORCED if condition else Enforcement.ADVISORY

        group = self.group
        return Isolation(
            memory=held(self.memory),
            cpu=held(group is not None and group.enforces("cpu")),
            processes=held(self.tasks),
            filesystem=held(self.walls),
            network=held(self.walls),
            disk=Enforcement.ADVISORY,
            mechanism=", ".join(self._means()),
        )

    def _means(self) -> list[str]:
        means = ["rlimits"]
        if self.group is not None:
            held = [name for name in ("memory", "cpu", "pids") if self.group.enforces(name)]
            means.append(f"control groups ({', '.join(held) or 'kill'})")
        means.append("namespaces" if self.walls else "a user for each run" if self.user else "process groups")
        if self.layers:
            means.append("overlayfs")
        return means


def spare_user() -> int:
    """Draw a user whom nobody else has, from the upper half of those that there are here."""
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    first, _, count = max(ranges, key=lambda entry: int(entry[2]))
    end = min(int(first) + int(count), 2**31) - 2
    return random.randrange(end // 2, end)


def tool_user() -> int:
    """A user for our own tools, some of which look up who they are: without rights, with an account."""
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return spare_user()


# Folders that are another thing inside: a program that lies there has to be shown.
PRIVATE = ("/tmp", "/var/tmp", "/run")


def own_programs() -> tuple[str, ...]:
    """Where this Python and the programs that came with our dependencies lie."""
    return tuple(dict.fromkeys((sys.prefix, sys.base_prefix)))
