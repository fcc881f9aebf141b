"""What callers ask about environments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from maestro_core.clock import Clock
from maestro_core.errors import (
    Aborted,
    FailedPrecondition,
    FieldViolation,
    InvalidArgument,
    ResourceExhausted,
)
from maestro_core.ids import new_id
from maestro_environment.domain.environment import (
    Connection,
    Environment,
    EnvironmentSpec,
    EnvironmentState,
    Isolation,
    ServiceKind,
)
from maestro_environment.domain.names import EnvironmentName
from maestro_environment.domain.policy import Policy
from maestro_environment.domain.ports import Backend, Page, Query, Store, Streams, Writer


@dataclass(frozen=True, slots=True)
class Capacity:
    """What an installation can give a tenant."""

    backend: str
    max_environments: int
    environments: int
    max_jobs: int
    jobs: int
    services: frozenset[ServiceKind]
    isolation: Isolation
    max_ttl: timedelta


class Environments:
    """Records what is wanted; the reconciler, which `wake` calls, makes it so."""

    def __init__(
        self, store: Store, backend: Backend, policy: Policy, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._backend = backend
        self._policy = policy
        self._clock = clock
        self._wake = wake

    async def create(
        self, tenant: str, id: str, spec: EnvironmentSpec, ttl: timedelta | None, owner: str
    ) -> Environment:
        """Ask for an environment; it becomes ready later.

        Raises InvalidArgument, FailedPrecondition (a service that is not installed), ResourceExhausted (the
        quota), AlreadyExists.
        """
        self._check(spec)
        self._policy.check(spec.limits)
        life = self._policy.default_ttl if ttl is None else ttl
        if life > self._policy.longest_life:
            longest = self._policy.longest_life.total_seconds()
            raise InvalidArgument(
                f"An environment lives {longest / 3600:g} hours at most.",
                reason="TTL_CEILING",
                violations=[FieldViolation("ttl", f"must not be longer than {longest:.0f} s")],
            )
        name = EnvironmentName(tenant, id or new_id("env"))
        now = self._clock.now()
        bounded = replace(spec, limits=spec.limits.within(self._policy.environment_limits))
        wanted = Environment(name, bounded, owner, self._backend.isolation, now, now, now + life)

        def work(writer: Writer) -> Environment:
            if writer.count_living(tenant) >= self._policy.environments_per_tenant:
                raise ResourceExhausted(
                    f"The tenant has {self._policy.environments_per_tenant} environments, its quota: "
                    "delete one, or wait until one expires.",
                    reason="ENVIRONMENT_QUOTA",
                    retry_after=60,
                )
            return writer.add_environment(wanted)

        return await self._changed(work)

    async def get(self, name: EnvironmentName) -> Environment:
        """One environment; raises NotFound."""
        return await self._store.read(lambda reader: reader.environment(name))

    async def connections(self, environment: Environment, caller: str) -> Sequence[Connection]:
        """How to reach the parts of a ready environment: for its owner alone, and nothing for others."""
        if environment.state is not EnvironmentState.READY or environment.owner != caller:
            return ()
        return await self._backend.connections(environment)

    async def open_tunnel(self, name: EnvironmentName, port: int) -> Streams:
        """A connection to a port inside a ready environment. Raises NotFound, FailedPrecondition."""
        environment = await self.get(name)
        if environment.state is not EnvironmentState.READY:
            raise FailedPrecondition(
                f"{name} is {environment.state}: a tunnel leads into one that is READY.",
                reason="ENVIRONMENT_NOT_READY",
            )
        streams = await self._backend.connect(environment, port)
        if streams is None:
            raise FailedPrecondition(
                f"Nothing in {name} listens on port {port}. A service is reached by its usual port, "
                "and a job while it runs, by a TCP port that it listens on.",
                reason="PORT_CLOSED",
            )
        return streams

    async def list(self, tenant: str, query: Query) -> Page[Environment]:
        """Some of a tenant's environments; raises InvalidArgument for a query that makes no sense."""
        return await self._store.read(lambda reader: reader.environments(tenant, query))

    async def delete(self, name: EnvironmentName, etag: str) -> Environment:
        """Ask for its end. Raises NotFound, and Aborted where `etag` is not that of the record."""

        def work(writer: Writer) -> Environment:
            environment = writer.environment(name)
            if etag and environment.etag != etag:
                raise Aborted(f"{name} was changed meanwhile: read it again.", reason="ETAG_MISMATCH")
            if not environment.state.up:
                return environment
            return writer.save_environment(environment.terminating(self._clock.now()))

        return await self._changed(work)

    async def extend(self, name: EnvironmentName, ttl: timedelta) -> Environment:
        """Let it live for `ttl` from now on. Raises NotFound, FailedPrecondition."""

        def work(writer: Writer) -> Environment:
            environment = writer.environment(name)
            return writer.save_environment(
                environment.extended(ttl, self._clock.now(), self._policy.longest_life)
            )

        return await self._changed(work)

    async def clean_up(self, tenant: str, dry_run: bool) -> tuple[Sequence[str], Sequence[str]]:
        """Take down a tenant's expired environments and what lies about of ended ones; or only say which."""

        def expired(writer: Writer) -> list[str]:
            now = self._clock.now()
            found = [environment for environment in writer.living_of(tenant) if environment.expired(now)]
            for environment in found if not dry_run else ():
                writer.save_environment(environment.terminating(now))
            return [str(environment.name) for environment in found]

        names = await self._store.write(expired)
        present = await self._backend.present()  # first: what is made meanwhile is no orphan
        living = await self._store.read(lambda reader: reader.living_of(tenant))
        wanted = {environment.name for environment in living}
        orphans = [name for name in present if name.tenant == tenant and name not in wanted]
        for name in orphans if not dry_run else ():
            await self._backend.terminate(name)
        self._wake()
        return names, [str(name) for name in orphans]

    async def capacity(self, tenant: str) -> Capacity:
        """What this installation can give, and what is in use."""
        living = await self._store.read(lambda reader: reader.count_living(tenant))
        return Capacity(
            backend=self._backend.name,
            max_environments=self._policy.environments_per_tenant,
            environments=living,
            max_jobs=self._backend.max_jobs,
            jobs=self._backend.running_jobs,
            services=self._backend.services,
            isolation=self._backend.isolation,
            max_ttl=self._policy.longest_life,
        )

    async def _changed(self, work: Callable[[Writer], Environment]) -> Environment:
        changed = await self._store.change_environment(work)
        self._wake()
        return changed

    def _check(self, spec: EnvironmentSpec) -> None:
        if len(set(spec.services)) < len(spec.services):
            raise InvalidArgument(
                "Each kind of service can be asked for once.",
                reason="SERVICE_TWICE",
                violations=[FieldViolation("spec.services", "each kind once at most")],
            )
        for kind in spec.services:
            if kind not in self._backend.services:
                raise FailedPrecondition(self._backend.missing(kind), reason="SERVICE_NOT_INSTALLED")
