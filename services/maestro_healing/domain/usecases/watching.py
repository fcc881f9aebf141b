"""Looks at watched projects, publishes what is new, and delivers what was healed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from maestro_core.clock import Clock
from maestro_core.errors import DomainError
from maestro_core.logs import get_logger
from maestro_healing.domain.delivery import branch_of
from maestro_healing.domain.errors import CannotHeal, LeaseLost
from maestro_healing.domain.healing import Failure, Healing, HealingSpec, HealingState
from maestro_healing.domain.looking import is_away, not_installed
from maestro_healing.domain.monitor import Checked, ErrorKind, Heal, Look, Monitor, Seen
from maestro_healing.domain.ports import nobody_listens
from maestro_healing.domain.usecases.monitor_ports import Branches, MonitorLeases, Revisions
from maestro_healing.domain.usecases.ports import Engines, Key, Workshop
from maestro_healing.domain.usecases.turns import Turns

_log = get_logger(__name__)
_MOST_CRASHES = 3
_NOT_INSTALLED = "ENVIRONMENT_BUILD_FAILED"
# Another try may succeed.
_PASSING = frozenset({"CLONE_FAILED", "PUSH_FAILED", "WORKER_ENDED"})


@dataclass(frozen=True)
class LookVisit:
    """One look at a project, as the workshop opens it."""

    tenant: str
    id: str
    spec: HealingSpec
    create_time: datetime
    starts: int


class Watching(Turns[Monitor]):
    """A turn is what is due of one monitor: branches of healings that have ended, and a look."""

    def __init__(
        self,
        leases: MonitorLeases,
        revisions: Revisions,
        workshop: Workshop,
        engines: Engines,
        branches: Branches,
        clock: Clock,
        holder: str,
    ) -> None:
        """`holder` names this process, and no other ever."""
        super().__init__(leases, clock, holder)
        self._leases = leases
        self._revisions = revisions
        self._workshop = workshop
        self._engines = engines
        self._branches = branches

    async def carry_out(self, item: Monitor) -> None:
        """Raises LeaseLost."""
        for heal, healing in await self._leases.ended(item, self._clock.now()):
            settled = await self._delivered(item, heal, healing)
            await self._advance(item.key, settled)
        if item.next_look > self._clock.now():
            await self.persist(lambda: self.hand_back(item.key))
            return
        try:
            await self._look(item)
        except LeaseLost:
            raise
        except (CannotHeal, DomainError) as error:
            await self._miss(item.key, Failure(error.reason, error.message))
        except Exception:
            _log.exception("a look failed", monitor=item.name)
            words = "Something went wrong inside Maestro; the log has more."
            await self._miss(item.key, Failure("INTERNAL", words))

    async def hand_back(self, key: Key) -> None:
        """Let another process begin at once. Raises LeaseLost."""
        await self._leases.end(key, self._holder, lambda old: old)

    async def _look(self, monitor: Monitor) -> None:
        revision = await self._revisions.current(monitor.spec.source)
        if revision == monitor.last_revision:
            now = self._clock.now()
            await self.persist(
                lambda: self._leases.end(monitor.key, self._holder, lambda old: old.unchanged(now))
            )
            return
        if monitor.crashes >= _MOST_CRASHES:
            words = f"The service ended {_MOST_CRASHES} times while it looked at this revision."
            look = Look(revision, Seen(failure=Failure("INTERRUPTED", words)))
        else:
            look = Look(revision, await self._seen(monitor, revision))
        await self.persist(lambda: self._leases.publish(monitor.key, self._holder, look))

    async def _seen(self, monitor: Monitor, revision: str) -> Seen:
        key = monitor.key
        begun = await self._leases.advance(key, self._holder, lambda old: replace(old, looks=old.looks + 1))
        # A look compares nothing.
        spec = replace(monitor.spec_at(revision), base_revision="")
        visit = LookVisit(monitor.tenant, f"look-{monitor.id}", spec, monitor.create_time, begun.looks)
        try:
            async with self._workshop.open(visit, nobody_listens) as opened:
                return await self._engines.look(opened, spec, monitor.kinds)
        except CannotHeal as error:
            if error.reason != _NOT_INSTALLED or is_away(error.message):
                raise
            # Nothing else can be told of a project that does not install.
            found = (Checked(ErrorKind.BUILD, (not_installed(error.message),), complete=False),)
            checked = found if ErrorKind.BUILD in monitor.kinds else ()
            return Seen(checked, Failure(error.reason, error.message))

    async def _miss(self, key: Key, failure: Failure) -> None:
        now = self._clock.now()
        await self.persist(lambda: self._leases.end(key, self._holder, lambda old: old.missed(failure, now)))

    async def _advance(self, key: Key, heal: Heal) -> None:
        await self.persist(lambda: self._leases.advance(key, self._holder, lambda old: old.asking_for(heal)))

    async def _delivered(self, monitor: Monitor, heal: Heal, healing: Healing) -> Heal:
        """The heal with what became of it. To deliver one again makes the same branch."""
        if healing.state is not HealingState.COMPLETED:
            why = f": {healing.failure.message}" if healing.failure else ""
            return replace(heal, outcome=f"The healing ended {healing.state}{why}")
        branch = branch_of(healing)
        if branch is None:
            return replace(heal, outcome="Nothing is HEALED; the healing's report says why.")
        source = monitor.spec.source
        if source.git_url and not monitor.push:
            return replace(heal, outcome="The patch is in the healing's report; the monitor pushes nothing.")
        try:
            revision = healing.head_revision.partition("+")[0]
            commit = await self._branches.make(monitor.tenant, source, revision, branch)
        except (CannotHeal, DomainError) as error:
            why = f"The patch is in the healing's report; no branch: {error.message}"
            if error.reason in _PASSING:
                return heal.again_later(why, self._clock.now())
            return replace(heal, outcome=why)
        return replace(heal, branch=branch.name, commit=commit, outcome="Its heals are on the branch.")
