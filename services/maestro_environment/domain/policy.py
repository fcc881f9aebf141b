"""What an installation grants: lifetimes, quotas, default limits, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from maestro_environment.domain.environment import Limits

_GIB = 2**30
_ENVIRONMENT = Limits(4 * _GIB, 0, 2048, 8 * _GIB)
_JOB = Limits(2 * _GIB, 0, 512, 2 * _GIB)


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
