"""The life of a template, and which of its versions a name without a number means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from semver import Version as SemVer

from maestro_core.errors import FailedPrecondition, NotFound
from maestro_template.domain.model import Status, Template, Version

_NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.IN_REVIEW, Status.REVOKED}),
    Status.IN_REVIEW: frozenset({Status.DRAFT, Status.PUBLISHED, Status.REVOKED}),
    Status.PUBLISHED: frozenset({Status.DEPRECATED, Status.REVOKED}),
    Status.DEPRECATED: frozenset({Status.PUBLISHED, Status.REVOKED}),
    Status.REVOKED: frozenset(),
}
# What others build on: a version that is added to one of these passes the gate first.
RELEASED: Final = frozenset({Status.PUBLISHED, Status.DEPRECATED})


def check_transition(template: Template, target: Status) -> None:
    """Raises FailedPrecondition (TRANSITION_REFUSED) where the life cycle has no such step."""
    allowed = _NEXT[template.status]
    if target not in allowed:
        ways = ", ".join(sorted(allowed)) or "nothing else"
        raise FailedPrecondition(
            f"the template is {template.status}; from there it can become {ways}, not {target}",
            reason="TRANSITION_REFUSED",
            metadata={"from": template.status, "to": target},
        )


def precedence(version: Version) -> tuple[SemVer, str]:
    """Orders versions as SemVer says; numbers equal but for build metadata by their text."""
    return SemVer.parse(version.number), version.number


def newest(versions: Sequence[Version]) -> Version:
    """The highest version; a pre-release only where there is nothing else."""
    return max(
        versions, key=lambda version: (SemVer.parse(version.number).prerelease is None, precedence(version))
    )


def pick(template: Template, number: str) -> Version:
    """The version with this number, the newest for an empty one. Raises NotFound (VERSION_NOT_FOUND)."""
    if not number:
        return newest(template.versions)
    found = next((version for version in template.versions if version.number == number), None)
    if found is None:
        raise NotFound(f"{template.id} has no version {number[:64]!r}", reason="VERSION_NOT_FOUND")
    return found
