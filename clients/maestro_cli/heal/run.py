"""`maestro heal` from start to end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import grpc

from maestro.healing.v1 import healing_pb2
from maestro_cli import target
from maestro_cli.failure import CliError
from maestro_cli.heal.progress import Display
from maestro_cli.heal.project import LocalProject
from maestro_cli.platform.embedded import folder_of, joined
from maestro_cli.platform.record import running
from maestro_client import Maestro, MaestroError, upload_project, watch
from maestro_core.settings import Settings

T = TypeVar("T")

_CANCEL_SECONDS = 5.0
# What to do where a healing says why it failed.
_ADVICE = {
    "NO_TESTS": "Name where they are: maestro heal PATH -- TESTS.",
    "NOTHING_RAN": "Make pytest start by hand first. A package that is missing there: --python names an "
    "interpreter that has it.",
    "BUDGET_RAN_OUT": "--budget gives it more time; -- TESTS heals a part of them.",
    "RUN_TIMED_OUT": "--timeout gives the tests more time; -- TESTS heals a part of them.",
    "OUT_OF_MEMORY": "Heal a part of them: maestro heal PATH -- TESTS.",
    "ENVIRONMENT_BUILD_FAILED": "--python names an interpreter that has what the tests need.",
}


@dataclass(frozen=True)
class Wish:
    """What to heal, and with what."""

    project: LocalProject
    base: str
    python: Path | None
    tests: Sequence[str]
    pytest_args: Sequence[str]
    timeout: timedelta
    mutation_time: timedelta
    orders: int
    budget: timedelta | None


async def heal(settings: Settings, wish: Wish, display: Display) -> healing_pb2.Healing:
    """A healing with its report. Raises CliError where it could not be done, and MaestroError."""
    async with platform(settings) as (maestro, shares_disk):
        spec = healing_pb2.HealingSpec(
            base_revision=wish.base, tests=wish.tests, pytest_args=wish.pytest_args
        )
        spec.run_timeout.FromTimedelta(wish.timeout)
        spec.policy.mutation_time.FromTimedelta(wish.mutation_time)
        spec.policy.orders = wish.orders
        if wish.budget:
            spec.budget.FromTimedelta(wish.budget)

        async def create() -> healing_pb2.Healing:
            request = healing_pb2.CreateHealingRequest(parent=maestro.parent, spec=spec)
            return (await maestro.healing.CreateHealing(request)).healing

        place = Place(wish.project, wish.python, shares_disk)
        healing = await ask_about(maestro, spec, place, create, display)
        try:
            ended = await _follow(maestro, healing.name, display)
        except BaseException:  # whatever ends us must end the healing, too
            await asyncio.shield(_cancel(maestro, healing.name))
            raise
    if ended.state != healing_pb2.HEALING_STATE_COMPLETED:
        state = healing_pb2.HealingState.Name(ended.state).removeprefix("HEALING_STATE_").lower()
        advice = [_ADVICE.get(ended.failure.reason, ""), _reason(ended.failure.reason)]
        raise CliError(ended.failure.message or f"the healing was {state}.", "\n".join(filter(None, advice)))
    return ended


@asynccontextmanager
async def platform(settings: Settings) -> AsyncIterator[tuple[Maestro, bool]]:
    """A client, and whether the platform sees this machine's disk."""
    if os.environ.get("MAESTRO_ENDPOINT"):
        async with target.platform(settings) as maestro:
            yield maestro, False
    elif found := running(settings.data_dir):
        async with target.platform(settings, found.endpoints) as maestro:
            yield maestro, True
    else:
        async with joined(settings.data_dir) as embedded:
            own = Settings.model_validate({"data_dir": folder_of(settings.data_dir)})
            async with target.embedded(own, embedded.endpoints) as maestro:
                yield maestro, True


@dataclass(frozen=True)
class Place:
    """Where a project lies, its interpreter, and whether the platform sees that disk."""

    project: LocalProject
    python: Path | None
    shares_disk: bool


async def ask_about(
    maestro: Maestro,
    spec: healing_pb2.HealingSpec,
    place: Place,
    ask: Callable[[], Awaitable[T]],
    display: Display,
) -> T:
    """What `ask` answers, which sends the spec: by path where the platform may read that, else uploaded."""
    if place.shares_disk:
        spec.path = str(place.project.root)
        spec.python = str(place.python or "")
        try:
            return await ask()
        except MaestroError as error:
            if error.code is not grpc.StatusCode.PERMISSION_DENIED:
                raise
    display.say("Uploading the project …")
    spec.python = str(place.python or "") if place.shares_disk else ""
    project = place.project
    spec.uploaded = await upload_project(maestro.healing, maestro.parent, project.root, project.files())
    return await ask()


async def _follow(maestro: Maestro, name: str, display: Display) -> healing_pb2.Healing:
    """Show how it goes until it has ended; gives it with its report."""
    request = healing_pb2.WatchHealingRequest(name=name)
    async with aclosing(watch(maestro.healing.WatchHealing, request)) as entries:
        async for entry in entries:
            if entry.HasField("progress"):
                display.show(entry.progress)
    return (await maestro.healing.GetHealing(healing_pb2.GetHealingRequest(name=name))).healing


async def _cancel(maestro: Maestro, name: str) -> None:
    request = healing_pb2.CancelHealingRequest(name=name)
    try:
        await maestro.healing.CancelHealing(request, timeout=_CANCEL_SECONDS)
    except MaestroError as error:
        if error.code is not grpc.StatusCode.UNAVAILABLE:  # it ends with the platform, then
            raise


def _reason(reason: str) -> str:
    return f"Reason: {reason}." if reason else ""
