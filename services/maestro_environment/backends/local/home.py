"""Where the local backend keeps things on disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from maestro_environment.domain.environment import ServiceKind
from maestro_environment.domain.names import EnvironmentName, JobName


@dataclass(frozen=True, slots=True)
class Home:
    """Folders below the service's own part of the data directory. All of them are for our user alone."""

    root: Path

    def environment(self, name: EnvironmentName) -> Path:
        """All of one environment; gone when it is."""
        return self._environments / name.tenant / name.id

    def service(self, name: EnvironmentName, kind: ServiceKind) -> Path:
        """All of one of its services."""
        return self.environment(name) / "services" / kind.lower()

    def served_in(self, place: Path) -> EnvironmentName | None:
        """The environment one of whose services has this folder, or the one around it, for its own."""
        match place.relative_to(self._environments).parts if place.is_relative_to(self._environments) else ():
            case (tenant, id_, "services", _, *_):
                return EnvironmentName(tenant, id_)
        return None

    def scratch(self, name: JobName) -> Path:
        """What a job needs only while it runs."""
        return self.environment(name.environment) / "jobs" / name.id

    def cache(self, tenant: str, name: str) -> Path:
        """A folder that jobs of a tenant share."""
        return self.root / "caches" / tenant / name

    @property
    def _environments(self) -> Path:
        return self.root / "environments"

    @property
    def templates(self) -> Path:
        """Initialised data directories, for others to begin with."""
        return self.root / "templates"

    @property
    def instance(self) -> str:
        """Tells what is ours from what belongs to an installation with another data directory."""
        return f"maestro-{hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:12]}"

    def mark(self, name: EnvironmentName) -> str:
        """Stands in the environment of each process of an environment."""
        return f"{self.instance}/{name}"

    def environments(self) -> set[EnvironmentName]:
        """The environments of which there are files."""
        found = self._environments.glob("*/*")
        return {EnvironmentName(place.parent.name, place.name) for place in found}


def group_name(name: EnvironmentName) -> str:
    """What an environment's control group is called; ids have no dots."""
    return f"{name.tenant}.{name.id}"


def from_group_name(text: str) -> EnvironmentName | None:
    """Whose control group it is; None where the name is not one of ours."""
    tenant, dot, environment = text.partition(".")
    return EnvironmentName(tenant, environment) if dot else None
