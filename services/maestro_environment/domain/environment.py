"""Environments: what they are made of, where they are in their life, and how they move on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from maestro_core.errors import FailedPrecondition
from maestro_environment.domain.names import EnvironmentName


class ServiceKind(StrEnum):
    """A kind of database or cache."""

    POSTGRESQL = "POSTGRESQL"
    REDIS = "REDIS"
    MYSQL = "MYSQL"
    MONGODB = "MONGODB"


class EnvironmentState(StrEnum):
    """Where an environment is in its life."""

    PENDING = "PENDING"
    PROVISIONING = "PROVISIONING"
    READY = "READY"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        """Whether nothing of it is left."""
        return self in (EnvironmentState.TERMINATED, EnvironmentState.FAILED)

    @property
    def up(self) -> bool:
        """Whether it is wanted: on its way up, or there."""
        return self in (EnvironmentState.PENDING, EnvironmentState.PROVISIONING, EnvironmentState.READY)


class Enforcement(StrEnum):
    """How far a limit or a wall holds on this machine."""

    ENFORCED = "ENFORCED"
    ADVISORY = "ADVISORY"


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; zero means the installation's default."""

    memory_bytes: int = 0
    cpu_millis: int = 0
    processes: int = 0
    disk_bytes: int = 0

    def within(self, bound: Limits) -> Limits:
        """These limits where they are set and below `bound`, else those of `bound`."""

        def least(own: int, other: int) -> int:
            return min(own, other) if own and other else own or other

        return Limits(
            least(self.memory_bytes, bound.memory_bytes),
            least(self.cpu_millis, bound.cpu_millis),
            least(self.processes, bound.processes),
            least(self.disk_bytes, bound.disk_bytes),
        )


UNBOUNDED = Limits()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be done: a stable reason, and words for a person."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Isolation:
    """What the walls and limits of an environment are worth on this machine."""

    memory: Enforcement
    cpu: Enforcement
    processes: Enforcement
    filesystem: Enforcement
    network: Enforcement
    disk: Enforcement
    mechanism: str


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """What an environment is made of."""

    services: tuple[ServiceKind, ...] = ()
    limits: Limits = UNBOUNDED
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach one part: a string for a client on the host, and the variables that jobs get."""

    kind: ServiceKind
    uri: str = field(repr=False)
    env: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Environment:
    """The record of an environment: what is wanted, and what was last seen of it."""

    name: EnvironmentName
    spec: EnvironmentSpec
    owner: str
    isolation: Isolation
    create_time: datetime
    update_time: datetime
    expire_time: datetime
    state: EnvironmentState = EnvironmentState.PENDING
    failure: Failure | None = None
    ready_time: datetime | None = None
    etag: str = ""

    def provisioning(self, now: datetime) -> Environment:
        """Its parts are being started, for the first time or again."""
        return self._move(EnvironmentState.PROVISIONING, now)

    def ready(self, now: datetime) -> Environment:
        """Every part answered."""
        return replace(self._move(EnvironmentState.READY, now), ready_time=self.ready_time or now)

    def terminating(self, now: datetime, failure: Failure | None = None) -> Environment:
        """No longer wanted, or not to be had (`failure` says why)."""
        return replace(self._move(EnvironmentState.TERMINATING, now), failure=failure or self.failure)

    def ended(self, now: datetime) -> Environment:
        """Nothing of it is left."""
        state = EnvironmentState.FAILED if self.failure else EnvironmentState.TERMINATED
        return self._move(state, now)

    def extended(self, ttl: timedelta, now: datetime, longest: timedelta) -> Environment:
        """Living for `ttl` from now; an extension never shortens a life.

        Raises FailedPrecondition where it is on its way down, and where its life would become longer than
        `longest`.
        """
        if not self.state.up:
            raise FailedPrecondition(
                f"{self.name} is {self.state}: it can no longer be extended.", reason="ENVIRONMENT_ENDED"
            )
        expiry = max(now + ttl, self.expire_time)
        if expiry > (last := self.create_time + longest):
            raise FailedPrecondition(
                f"An environment lives {longest.total_seconds() / 3600:g} hours at most: {self.name} can be "
                f"extended to {last.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.",
                reason="TTL_CEILING",
            )
        return replace(self, expire_time=expiry, update_time=now)

    def expired(self, now: datetime) -> bool:
        """Whether it is still up though its time is over."""
        return self.state.up and self.expire_time <= now

    def _move(self, state: EnvironmentState, now: datetime) -> Environment:
        if state not in _NEXT[self.state]:
            raise FailedPrecondition(
                f"{self.name} is {self.state} and can't become {state}.", reason="ENVIRONMENT_STATE"
            )
        return replace(self, state=state, update_time=now)


_NEXT = {
    EnvironmentState.PENDING: {EnvironmentState.PROVISIONING, EnvironmentState.TERMINATING},
    EnvironmentState.PROVISIONING: {EnvironmentState.READY, EnvironmentState.TERMINATING},
    # A part that died is started again.
    EnvironmentState.READY: {EnvironmentState.PROVISIONING, EnvironmentState.TERMINATING},
    EnvironmentState.TERMINATING: {EnvironmentState.TERMINATED, EnvironmentState.FAILED},
    EnvironmentState.TERMINATED: set[EnvironmentState](),
    EnvironmentState.FAILED: set[EnvironmentState](),
}
