"""What an installation grants: lifetimes, quotas, default limits, sizes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_environment.domain.environment import Limits

_GIB = 2**30
_ENVIRONMENT = Limits(4 * _GIB, 0, 2048, 8 * _GIB)
_JOB = Limits(2 * _GIB, 0, 512, 2 * _GIB)
# What the kernel can hold something to, and a command can start with.
_LEAST = Limits(16 * 2**20, 10, 4, 2**20)


@dataclass(frozen=True, slots=True)
class Policy:
    """The defaults are those of an installation that sets nothing."""

    default_ttl: timedelta = timedelta(minutes=60)
    longest_life: timedelta = timedelta(hours=24)
    environments_per_tenant: int = 200
    unfinished_jobs_per_tenant: int = 10_000
    environment_limits: Limits = _ENVIRONMENT
    job_limits: Limits = _JOB
    # A job that the service could not finish is started anew this often beside its retries.
    interruptions: int = 3
    # What jobs left, and workspaces that none asks for, are kept this long.
    keep_files: timedelta = timedelta(days=1)
    least_limits: Limits = _LEAST

    def check(self, limits: Limits) -> None:
        """Raise InvalidArgument for limits under which nothing can run."""
        violations = [
            FieldViolation(f"spec.limits.{field.name}", f"at least {least}, or 0 for the default")
            for field in fields(limits)
            if 0 < getattr(limits, field.name) < (least := getattr(self.least_limits, field.name))
        ]
        if violations:
            raise InvalidArgument(
                "Nothing can run under such limits.", reason="LIMITS_TOO_SMALL", violations=violations
            )
