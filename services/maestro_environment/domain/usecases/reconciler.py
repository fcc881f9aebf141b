"""Brings environments from what is seen of them to what is wanted of them.

Level-triggered: each round looks at where every environment is, never at what has happened. A step that was
cut off by a crash is simply due again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from maestro_core.clock import Clock
from maestro_core.errors import DomainError
from maestro_environment.domain.environment import Environment, EnvironmentState, Failure
from maestro_environment.domain.names import EnvironmentName
from maestro_environment.domain.policy import Policy
from maestro_environment.domain.ports import Backend, Observed, ProvisionError, Store, Writer
from maestro_environment.domain.usecases.loop import PERIOD, Loop

_log = structlog.get_logger(__name__)
_ATTEMPTS = 3


@dataclass
class Reconciler:
    """One loop for all environments, one task at most for each. `drain` ends the jobs of an environment."""

    store: Store
    backend: Backend
    policy: Policy
    clock: Clock
    drain: Callable[[EnvironmentName], Awaitable[None]]
    ready: Callable[[], None]
    _loop: Loop[EnvironmentName] = field(default_factory=Loop)
    _failures: dict[EnvironmentName, int] = field(default_factory=dict)

    def wake(self) -> None:
        """Look again now."""
        self._loop.wake()

    async def run(self) -> None:
        """Reconcile until cancelled."""
        await self._loop.run(self.round)

    async def round(self) -> None:
        """Start a step for every environment that needs one and has none under way."""
        for environment in await self.store.read(lambda reader: reader.living()):
            if environment.name not in self._loop.tasks:
                self._loop.start(environment.name, self._step(environment))

    async def _step(self, environment: Environment) -> None:
        try:
            if environment.expired(self.clock.now()):
                await self._expire(environment.name)
            elif environment.state is EnvironmentState.TERMINATING:
                await self._terminate(environment)
            elif await self.backend.observe(environment) is not Observed.READY:
                await self._provision(environment)
            elif environment.state is not EnvironmentState.READY:
                await self._mark_ready(environment.name)
        except (DomainError, OSError) as error:  # the next round tries again
            _log.warning("environment step failed", environment=str(environment.name), error=str(error))

    async def _expire(self, name: EnvironmentName) -> None:
        """Take it down, unless an extension came first: the store decides both, one after the other."""

        def work(writer: Writer) -> None:
            environment = writer.environment(name)
            now = self.clock.now()
            if environment.expired(now):
                writer.save_environment(environment.terminating(now))

        await self.store.write(work)
        self.wake()

    async def _provision(self, environment: Environment) -> None:
        name = environment.name
        if environment.state is not EnvironmentState.PROVISIONING:
            await self._move(name, lambda current: current.provisioning(self.clock.now()))
        provision = asyncio.create_task(self.backend.provision(environment))
        try:
            await self._unless_unwanted(provision, name)
        except ProvisionError as error:
            await self._failed(name, error.failure)
        except OSError as error:
            await self._failed(name, Failure("PROVISIONING_FAILED", str(error)))
        else:
            if not provision.cancelled():
                await self._mark_ready(name)

    async def _unless_unwanted(self, provision: asyncio.Task[None], name: EnvironmentName) -> None:
        """Wait for a provisioning; cut it off where the environment is no longer wanted."""
        try:
            while not (await asyncio.wait({provision}, timeout=PERIOD))[0]:
                current = await self.store.read(lambda reader: reader.environment(name))
                if not current.state.up or current.expired(self.clock.now()):
                    provision.cancel()
            if not provision.cancelled():
                provision.result()
        finally:
            provision.cancel()

    async def _failed(self, name: EnvironmentName, failure: Failure) -> None:
        """Try a few times, then give up; what is there of it goes."""
        self._failures[name] = self._failures.get(name, 0) + 1
        _log.warning(
            "provisioning failed", environment=str(name), reason=failure.reason, message=failure.message
        )
        if self._failures[name] >= _ATTEMPTS:
            await self._move(name, lambda current: current.terminating(self.clock.now(), failure))
        self.wake()

    async def _mark_ready(self, name: EnvironmentName) -> None:
        self._failures.pop(name, None)
        await self._move(
            name,
            lambda current: (
                current if current.state is EnvironmentState.READY else current.ready(self.clock.now())
            ),
        )
        self.ready()
        self.wake()

    async def _terminate(self, environment: Environment) -> None:
        await self.drain(environment.name)
        await self.backend.terminate(environment.name)
        self._failures.pop(environment.name, None)

        def work(writer: Writer) -> None:
            current = writer.environment(environment.name)
            if not current.state.ended:
                writer.save_environment(current.ended(self.clock.now()))

        await self.store.write(work)

    async def _move(self, name: EnvironmentName, change: Callable[[Environment], Environment]) -> None:
        """Write down where it is, unless it became unwanted meanwhile."""

        def work(writer: Writer) -> None:
            current = writer.environment(name)
            if current.state.up and (changed := change(current)) is not current:
                writer.save_environment(changed)

        await self.store.write(work)
