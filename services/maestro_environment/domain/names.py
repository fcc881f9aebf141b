"""Names of resources: how they are written, and how they are read back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from maestro_core.errors import FieldViolation, InvalidArgument

_ID = r"[a-z][a-z0-9-]{0,62}"
_ENVIRONMENT = re.compile(rf"tenants/({_ID})/environments/({_ID})")
_JOB = re.compile(rf"tenants/({_ID})/environments/({_ID})/jobs/({_ID})")
_WORKSPACE = re.compile(rf"tenants/({_ID})/workspaces/({_ID})")


def _match(pattern: re.Pattern[str], text: str, what: str) -> tuple[str, ...]:
    found = pattern.fullmatch(text)
    if found is None:
        raise InvalidArgument(
            f"{text!r} is not the name of a {what}.",
            reason="NAME_INVALID",
            violations=[FieldViolation("name", f"must look like {pattern.pattern}")],
        )
    return found.groups()


@dataclass(frozen=True, slots=True, order=True)
class EnvironmentName:
    """`tenants/{tenant}/environments/{id}`."""

    tenant: str
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name; raises InvalidArgument where it is none."""
        return cls(*_match(_ENVIRONMENT, text, "environment"))

    def __str__(self) -> str:
        return f"tenants/{self.tenant}/environments/{self.id}"


@dataclass(frozen=True, slots=True, order=True)
class JobName:
    """`tenants/{tenant}/environments/{environment}/jobs/{id}`."""

    environment: EnvironmentName
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name; raises InvalidArgument where it is none."""
        tenant, environment, job = _match(_JOB, text, "job")
        return cls(EnvironmentName(tenant, environment), job)

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.environment.tenant

    def __str__(self) -> str:
        return f"{self.environment}/jobs/{self.id}"


@dataclass(frozen=True, slots=True, order=True)
class WorkspaceName:
    """`tenants/{tenant}/workspaces/{id}`."""

    tenant: str
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name; raises InvalidArgument where it is none."""
        return cls(*_match(_WORKSPACE, text, "workspace"))

    def __str__(self) -> str:
        return f"tenants/{self.tenant}/workspaces/{self.id}"
