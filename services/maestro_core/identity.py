"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller may do; each of viewer, editor and admin includes the one before."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    SERVICE = "service"


# A service acts for a tenant's editor: it makes and changes things, and does not administer.
_RANK = {Role.VIEWER: 1, Role.EDITOR: 2, Role.SERVICE: 2, Role.ADMIN: 3}


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that was authenticated."""

    subject: str
    tenant: str
    roles: frozenset[Role]

    def may(self, required: Role) -> bool:
        """Whether one of the roles is at least `required`."""
        return any(_RANK[role] >= _RANK[required] for role in self.roles)
