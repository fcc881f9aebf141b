"""The Environment service is away: what needs it says so, and all else goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import maestro_environment.app
import maestro_healing.app
from maestro.healing.v1 import healing_pb2
from maestro_client import Endpoints, MaestroError, connect, upload_project
from maestro_core.settings import Settings

from .conftest import Caller, write


@pytest.fixture
async def address(healing_settings: Settings) -> AsyncIterator[str]:
    """Where a Healing service listens whose peer is not there."""
    async with maestro_healing.app.build(healing_settings) as server, server:
        yield server.address


@pytest.fixture
async def lonely(address: str, token: Callable[..., str], python: Path) -> AsyncIterator[Caller]:
    """A caller of it."""
    async with connect(Endpoints(address, address, address), token()) as maestro:
        yield Caller(maestro, "t1", python)


async def serving(address: str) -> bool:
    """Whether health says that it serves, overall and by name."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        names = ("", "maestro.healing.v1.HealingService")
        answers = [await stub.Check(health_pb2.HealthCheckRequest(service=name)) for name in names]
    return all(answer.status == health_pb2.HealthCheckResponse.SERVING for answer in answers)


async def test_only_what_needs_it_is_unavailable(lonely: Caller, address: str, renamed: Path) -> None:
    """And says when to try again; a request that is wrong is told so first."""
    service = lonely.maestro.healing
    spec = healing_pb2.HealingSpec(path=str(renamed), python=str(lonely.python))
    request = healing_pb2.CreateHealingRequest(parent=lonely.parent, spec=spec)
    with pytest.raises(MaestroError) as caught:
        await service.CreateHealing(request, timeout=3)
    assert (caught.value.code, caught.value.reason) == (
        grpc.StatusCode.UNAVAILABLE,
        "ENVIRONMENT_UNAVAILABLE",
    )
    assert caught.value.retry_after
    request.spec.base_revision = "nowhere"
    with pytest.raises(MaestroError) as wrong:
        await service.CreateHealing(request)
    assert wrong.value.reason == "UNKNOWN_REVISION"
    assert await upload_project(service, lonely.parent, renamed)
    listed = await service.ListHealings(healing_pb2.ListHealingsRequest(parent=lonely.parent))
    assert list(listed.healings) == []
    assert (await service.ListStrategies(healing_pb2.ListStrategiesRequest(parent=lonely.parent))).strategies
    await service.GetStatistics(healing_pb2.GetStatisticsRequest(parent=lonely.parent))
    change = healing_pb2.FileChange(path="test_a.py", new=b"def test_a(): pass\n")
    await service.CheckChange(healing_pb2.CheckChangeRequest(parent=lonely.parent, files=[change]))
    assert await serving(address)


async def test_one_that_goes_away_in_the_middle_fails_the_healing(
    lonely: Caller, address: str, environment_settings: Settings, hanging: Path
) -> None:
    """With a reason that says what is missing; when it is back, the next one is carried out."""
    environment_settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as peer:
        await peer.enter_async_context(
            await peer.enter_async_context(maestro_environment.app.build(environment_settings))
        )
        healing = await lonely.create(hanging)
        await lonely.watch_up_to(healing.name, healing_pb2.STAGE_RUN)
    failure = (await lonely.ended(healing.name)).failure
    assert failure.reason in ("ENVIRONMENT_UNAVAILABLE", "INTERRUPTED"), failure
    assert await serving(address)
    write(hanging, {"test_a.py": "def test_a(): pass\n"})
    async with maestro_environment.app.build(environment_settings) as server, server:
        assert (await lonely.heal(hanging)).report.passed == 1
