"""Where the patch of a healing was asked to go, noted here so that a later review ends there too."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from maestro_cli.heal import delivery
from maestro_cli.heal.project import LocalProject
from maestro_core.settings import Settings


@dataclass(frozen=True)
class Destination:
    """The project's folder, and one of: edited in place, a branch, a file; else the data directory alone."""

    project: str
    apply: bool = False
    branch: str = ""
    patch: str = ""

    def fulfil(self, patch: str, message: str, delivered: str = "") -> list[str]:
        """Deliver the patch, and give what to say of it; `delivered` went there before, and is taken back.

        Raises CliError where it doesn't fit any more, and OSError.
        """
        project = LocalProject.at(Path(self.project))
        if self.apply:
            return [f"Edited in place: {', '.join(delivery.apply_in_place(project, patch, delivered))}"]
        if self.branch:
            commit = delivery.commit_on_top(project, self.branch, patch, message, delivered)
            return [f"Branch {self.branch}: commit {commit[:12]}"]
        if self.patch:
            delivery.write(Path(self.patch), project, patch)
        return []


def keep(settings: Settings, healing: str, destination: Destination) -> None:
    """Note where the patch of a healing goes. Raises OSError."""
    file = _file(settings, healing)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(destination)), encoding="utf-8")


def recall(settings: Settings, healing: str) -> Destination | None:
    """Where the patch of a healing goes; None where that was not said on this machine. Raises OSError."""
    try:
        return Destination(**json.loads(_file(settings, healing).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def _file(settings: Settings, healing: str) -> Path:
    return settings.data_dir.absolute() / "destinations" / f"{healing.replace('/', '.')}.json"
