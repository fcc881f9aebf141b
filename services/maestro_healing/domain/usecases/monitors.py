"""Makes monitors, and turns what they find into healings where their policy asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_core.clock import Clock
from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_core.ids import new_id
from maestro_healing.domain.healing import Healing, HealingSpec
from maestro_healing.domain.monitor import ErrorKind, Monitor
from maestro_healing.domain.usecases.execution import Execution
from maestro_healing.domain.usecases.monitor_ports import Branches, Monitors
from maestro_healing.domain.usecases.ports import Page, Query, Workshop
from maestro_healing.domain.usecases.watching import Watching

_INTERVAL = 60.0


@dataclass(frozen=True)
class Quota:
    """How many monitors a tenant may have, and the shortest time between two looks of one, in seconds."""

    monitors: int
    interval: float


@dataclass(frozen=True)
class Wish:
    """A monitor as it is asked for. Zero seconds and no kinds mean the defaults."""

    spec: HealingSpec
    interval: float
    kinds: tuple[ErrorKind, ...]
    heal: bool
    push: bool


class MonitorUseCases:
    """What callers and the worker group do with monitors."""

    def __init__(
        self,
        monitors: Monitors,
        workshop: Workshop,
        branches: Branches,
        watching: Watching,
        execution: Execution,
        clock: Clock,
        quota: Quota,
    ) -> None:
        self._monitors = monitors
        self._workshop = workshop
        self._branches = branches
        self._watching = watching
        self._execution = execution
        self._clock = clock
        self._quota = quota

    async def create(self, tenant: str, id: str, wish: Wish, owner: str) -> Monitor:
        """Start to watch a project.

        Raises InvalidArgument, PermissionDenied, FailedPrecondition, ResourceExhausted, AlreadyExists.
        """
        await self._check(tenant, wish)
        now = self._clock.now()
        monitor = Monitor(
            tenant, id or new_id("monitor"), wish.spec, owner,
            create_time=now, next_look=now,
            interval=wish.interval or max(_INTERVAL, self._quota.interval),
            kinds=wish.kinds or (ErrorKind.TEST,), heal=wish.heal, push=wish.push,
        )  # fmt: skip
        monitor = await self._monitors.create(monitor, self._quota.monitors)
        self._watching.start(monitor)
        return monitor

    async def get(self, tenant: str, id: str) -> Monitor:
        """One monitor. Raises NotFound."""
        return await self._monitors.get(tenant, id)

    async def list(self, tenant: str, query: Query) -> Page[Monitor]:
        """Some of a tenant's monitors. Raises InvalidArgument."""
        return await self._monitors.list(tenant, query)

    async def delete(self, tenant: str, id: str) -> None:
        """Stop to watch, and stop the healings that it asked for. Raises NotFound."""
        healings = await self._monitors.delete(tenant, id)
        self._watching.stop((tenant, id))
        for key in healings:
            self._execution.stop(key)

    async def heal(
        self, tenant: str, id: str, kind: ErrorKind | None, revision: str, subject: str, watch_from: int
    ) -> Healing | None:
        """Have an error healed where the policy of its monitor asks for that; one healing for all that a look
        found. Raises NotFound, InvalidArgument, PermissionDenied, Unavailable.
        """
        monitor = await self._monitors.get(tenant, id)
        if not monitor.heal or kind is not ErrorKind.TEST:
            return None
        heal = monitor.heal_of(revision, (subject,))
        healing = monitor.healing_of(heal, self._clock.now(), watch_from)
        await self._workshop.check(healing)
        healing = await self._monitors.ask(monitor, heal, healing)
        if not healing.state.ended:
            self._execution.start(healing)
        return healing

    async def _check(self, tenant: str, wish: Wish) -> None:
        source = wish.spec.source
        if source.uploaded:
            raise _invalid("monitor.spec.uploaded", "is no project to watch: an upload never changes")
        if wish.interval and wish.interval < self._quota.interval:
            raise _invalid(
                "monitor.interval", f"must be {self._quota.interval:g} s or more here", "INTERVAL_TOO_SHORT"
            )
        if wish.push and not wish.heal:
            raise _invalid("monitor.push", "needs monitor.heal: without it there is nothing to push")
        if wish.push and not source.git_url:
            raise _invalid("monitor.push", "is for git repositories: a folder always gets its branch")
        try:
            await self._workshop.check_spec(wish.spec)
        except InvalidArgument as error:
            inside = [FieldViolation(f"monitor.{one.field}", one.description) for one in error.violations]
            raise InvalidArgument(error.message, reason=error.reason, violations=inside) from error
        if wish.push:
            await self._branches.check(tenant, source)


def _invalid(field: str, rule: str, reason: str = "MONITOR_INVALID") -> InvalidArgument:
    return InvalidArgument(f"{field} {rule}.", reason=reason, violations=[FieldViolation(field, rule)])
