"""What this machine lets us do, found out by trying."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from maestro_environment.backends.local.cgroups import Group
from maestro_environment.domain.environment import Enforcement, Isolation


@dataclass(frozen=True, slots=True)
class Machine:
    """The means that are there: walls are namespaces, `layers` is a file system that lies over another."""

    walls: bool
    layers: bool
    group: Group | None

    @property
    def memory(self) -> bool:
        """Whether the kernel holds a group's memory limit."""
        return self.group is not None and self.group.enforces("memory")

    @property
    def isolation(self) -> Isolation:
        """What that is worth."""

        def held(condition: bool) -> Enforcement:
            return Enforcement.ENFORCED if condition else Enforcement.ADVISORY

        group = self.group
        # Inside a user namespace the limit of processes counts those of that namespace alone; root has none.
        counted = self.walls and os.getuid() != 0
        return Isolation(
            memory=held(self.memory),
            cpu=held(group is not None and group.enforces("cpu")),
            processes=held(counted or (group is not None and group.enforces("pids"))),
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
        means.append("namespaces" if self.walls else "process groups")
        if self.layers:
            means.append("overlayfs")
        return means


# Folders that are another thing inside: a program that lies there has to be shown.
PRIVATE = ("/tmp", "/var/tmp", "/run")


def own_programs() -> tuple[str, ...]:
    """Where this Python and the programs that came with our dependencies lie."""
    return tuple(dict.fromkeys((sys.prefix, sys.base_prefix)))
