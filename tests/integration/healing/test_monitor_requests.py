"""Requests about monitors that can't be fulfilled: each is answered with its reason, and changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import pytest

from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_client import MaestroError
from maestro_core.identity import Role
from maestro_core.settings import Settings

from .conftest import Caller, commit, write
from .monitoring import INTERVAL, create, reaches, watching

codes = grpc.StatusCode


@pytest.fixture
def project(projects: Path) -> Path:
    """A repository without tests."""
    write(projects / "p", {"a.py": "x = 1\n"})
    commit(projects / "p")
    return projects / "p"


async def refused(call: Awaitable[object]) -> tuple[grpc.StatusCode, str, list[str]]:
    """Code, reason and fields of a refusal."""
    with pytest.raises(MaestroError) as caught:
        await call
    return caught.value.code, caught.value.reason, [one.field for one in caught.value.violations]


async def test_what_can_not_be_watched_is_told_at_once(
    callers: Callable[..., Caller], project: Path, tmp_path: Path
) -> None:
    """With the field to blame; and no monitor is made."""
    caller, path = callers(), str(project)
    bad, denied = codes.INVALID_ARGUMENT, codes.PERMISSION_DENIED

    def git(url: str, revision: str = "") -> healing_pb2.GitSource:
        return healing_pb2.GitSource(url=url, revision=revision)

    uploaded = "tenants/t1/projects/some"
    for wanted, answer in (
        ({"path": str(tmp_path)}, (denied, "PATH_NOT_ALLOWED", [])),
        ({"path": f"{path}/a.py"}, (bad, "SOURCE_INVALID", ["monitor.spec.path"])),
        ({"path": path, "python": "/no/python"}, (bad, "INTERPRETER_INVALID", ["monitor.spec.python"])),
        ({"path": path, "base_revision": "no"}, (bad, "UNKNOWN_REVISION", ["monitor.spec.base_revision"])),
        ({"uploaded": uploaded}, (bad, "MONITOR_INVALID", ["monitor.spec.uploaded"])),
        ({"uploaded": "tenants/t2/projects/some"}, (denied, "TENANT_MISMATCH", [])),
        ({"git": git("http://example.org/a.git")}, (bad, "SOURCE_INVALID", ["monitor.spec.git.url"])),
        ({"git": git(f"file://{tmp_path}")}, (denied, "PATH_NOT_ALLOWED", [])),
        (
            {"git": git(f"file://{path}", "--output=x")},
            (bad, "SOURCE_INVALID", ["monitor.spec.git.revision"]),
        ),
        ({}, (bad, "VALIDATION_FAILED", ["monitor.spec.project"])),
        ({"path": path, "push": True}, (bad, "MONITOR_INVALID", ["monitor.push"])),
        ({"path": path, "push": True, "heal": True}, (bad, "MONITOR_INVALID", ["monitor.push"])),
        (
            {"git": git("ssh://git@example.org/a.git"), "push": True, "heal": True},
            (bad, "PUSH_NOT_POSSIBLE", ["monitor.push"]),
        ),
        (
            {"git": git("https://example.org/a.git"), "push": True, "heal": True},
            (codes.FAILED_PRECONDITION, "NO_CREDENTIALS", []),
        ),
        ({"path": path, "id": "Not A Name"}, (bad, "VALIDATION_FAILED", ["monitor_id"])),
    ):
        assert await refused(create(caller, **wanted)) == answer, wanted
    for kinds in (["UNSPECIFIED"], ["TEST", "TEST"]):
        code, reason, _ = await refused(create(caller, *kinds, path=path))
        assert (code, reason) == (bad, "VALIDATION_FAILED"), kinds
    code, reason, _ = await refused(create(callers("t1", Role.VIEWER), path=path))
    assert (code, reason) == (denied, "ROLE_MISSING")
    listed = await caller.maestro.monitors.ListMonitors(monitor_pb2.ListMonitorsRequest(parent="tenants/t1"))
    assert not listed.monitors


async def test_intervals_have_bounds(caller: Caller, project: Path) -> None:
    """Of the contract and of the settings; without one it looks every minute."""
    spec = healing_pb2.HealingSpec(path=str(project))

    async def made(**interval: int) -> monitor_pb2.Monitor:
        monitor = monitor_pb2.Monitor(spec=spec, kinds=[monitor_pb2.ERROR_KIND_LINT])
        if interval:
            monitor.interval.MergeFrom(type(INTERVAL)(**interval))
        request = monitor_pb2.CreateMonitorRequest(parent=caller.parent, monitor=monitor)
        return (await caller.maestro.monitors.CreateMonitor(request)).monitor

    for wrong in ({"seconds": 1}, {"seconds": -1}, {"seconds": 86401}, {"nanos": 1}):
        code, reason, fields = await refused(made(**wrong))
        assert (code, reason, fields) == (codes.INVALID_ARGUMENT, "VALIDATION_FAILED", ["monitor.interval"])
    assert (await made()).interval.seconds == 60


class TestQuotas:
    """A tenant's monitors are few, and look as often as the settings let them."""

    @pytest.fixture
    def healing_settings(self, healing_settings: Settings) -> Settings:
        """Two monitors, every ten seconds."""
        return healing_settings.model_copy(update={"max_monitors": 2, "monitor_interval": 10.0})

    async def test_they_hold(self, callers: Callable[..., Caller], project: Path) -> None:
        """For each tenant by itself; a deleted one makes room."""
        caller, path = callers(), str(project)
        short = await refused(create(caller, path=path))
        assert short == (codes.INVALID_ARGUMENT, "INTERVAL_TOO_SHORT", ["monitor.interval"])

        async def made(who: Caller, id: str) -> monitor_pb2.Monitor:
            monitor = monitor_pb2.Monitor(
                spec=healing_pb2.HealingSpec(path=path), kinds=[monitor_pb2.ERROR_KIND_LINT]
            )
            request = monitor_pb2.CreateMonitorRequest(parent=who.parent, monitor_id=id, monitor=monitor)
            return (await who.maestro.monitors.CreateMonitor(request)).monitor

        first = await made(caller, "a")
        await made(caller, "b")
        code, reason, _ = await refused(made(caller, "c"))
        assert (code, reason) == (codes.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
        await made(callers("t2"), "a")
        await caller.maestro.monitors.DeleteMonitor(monitor_pb2.DeleteMonitorRequest(name=first.name))
        await made(caller, "c")


async def test_requests_are_repeated_safely_and_names_are_taken_once(caller: Caller, project: Path) -> None:
    """The same request gives the same answer; another one of its id, or its name, is refused."""
    monitors = caller.maestro.monitors
    monitor = monitor_pb2.Monitor(
        spec=healing_pb2.HealingSpec(path=str(project)), kinds=[monitor_pb2.ERROR_KIND_LINT]
    )
    request = monitor_pb2.CreateMonitorRequest(
        parent=caller.parent, monitor_id="m", monitor=monitor, request_id="r"
    )
    first = (await monitors.CreateMonitor(request)).monitor
    assert (await monitors.CreateMonitor(request)).monitor == first
    request.request_id = "s"
    assert (await refused(monitors.CreateMonitor(request)))[:2] == (codes.ALREADY_EXISTS, "ALREADY_EXISTS")
    request.request_id, request.monitor_id = "r", "other"
    assert (await refused(monitors.CreateMonitor(request)))[1] == "REQUEST_ID_REUSED"
    gone = monitor_pb2.DeleteMonitorRequest(name=first.name, request_id="d")
    await monitors.DeleteMonitor(gone)
    await monitors.DeleteMonitor(gone)
    gone.request_id = "e"
    assert (await refused(monitors.DeleteMonitor(gone)))[:2] == (codes.NOT_FOUND, "NOT_FOUND")
    get = monitor_pb2.GetMonitorRequest(name=first.name)
    assert (await refused(monitors.GetMonitor(get)))[:2] == (codes.NOT_FOUND, "NOT_FOUND")


async def test_tenants_see_nothing_of_each_other(
    callers: Callable[..., Caller], project: Path, projects: Path
) -> None:
    """Neither monitors nor errors; a viewer may look and no more."""
    ours, theirs, viewer = callers(), callers("t2"), callers("t1", Role.VIEWER)
    write(projects / "bad", {"a.py": "import os\n"})
    async with watching(ours) as seen, watching(theirs) as other:
        monitor = await create(ours, "LINT", path=str(projects / "bad"), python="")
        get = monitor_pb2.GetMonitorRequest(name=monitor.name)
        gone = monitor_pb2.DeleteMonitorRequest(name=monitor.name)
        for call in (theirs.maestro.monitors.GetMonitor(get), theirs.maestro.monitors.DeleteMonitor(gone)):
            assert (await refused(call))[:2] == (codes.PERMISSION_DENIED, "TENANT_MISMATCH")
        watch = monitor_pb2.WatchErrorsRequest(parent=ours.parent)
        with pytest.raises(MaestroError) as caught:
            await anext(aiter(theirs.maestro.monitors.WatchErrors(watch)))
        assert caught.value.reason == "TENANT_MISMATCH"
        assert (await refused(viewer.maestro.monitors.DeleteMonitor(gone)))[1] == "ROLE_MISSING"
        assert (await viewer.maestro.monitors.GetMonitor(get)).monitor.name == monitor.name
        listing = monitor_pb2.ListMonitorsRequest(parent=theirs.parent)
        assert not (await theirs.maestro.monitors.ListMonitors(listing)).monitors
        await seen.count(1)
        assert other.errors == []


async def test_pages_and_tokens_that_nobody_means(caller: Caller, project: Path) -> None:
    """A list comes in pages; what is no token of it, or of a watch, is refused."""
    monitors = caller.maestro.monitors
    for id in ("a", "b", "c"):
        await create(caller, "LINT", id=id, path=str(project))
    page = monitor_pb2.ListMonitorsRequest(parent=caller.parent, page_size=2)
    first = await monitors.ListMonitors(page)
    page.page_token = first.next_page_token
    second = await monitors.ListMonitors(page)
    names = [one.name.rpartition("/")[2] for one in (*first.monitors, *second.monitors)]
    assert (sorted(names), second.next_page_token) == (["a", "b", "c"], "")
    page.page_token = "nonsense"
    assert (await refused(monitors.ListMonitors(page)))[1] == "LIST_PARAMETER_INVALID"
    page.page_size = -1
    assert (await refused(monitors.ListMonitors(page)))[1] == "VALIDATION_FAILED"
    for token, reason in ((-1, "VALIDATION_FAILED"), (2**62, "RESUME_TOKEN_EXPIRED")):
        watch = monitor_pb2.WatchErrorsRequest(parent=caller.parent, resume_token=token)
        with pytest.raises(MaestroError) as caught:
            await anext(aiter(monitors.WatchErrors(watch)))
        assert caught.value.reason == reason
    for name in ("tenants/t1/monitors/", "monitors/a", "tenants/t1/monitors/A"):
        get = monitor_pb2.GetMonitorRequest(name=name)
        assert (await refused(monitors.GetMonitor(get)))[:2] == (codes.INVALID_ARGUMENT, "VALIDATION_FAILED")


async def test_a_project_that_can_not_be_looked_at_is_told_of(caller: Caller, projects: Path) -> None:
    """With its reason; the monitor goes on, and sees what comes after."""
    folder = projects / "p"
    write(folder, {"a.py": "x = 1\n"})
    commit(folder)
    monitor = await create(caller, "TEST", git=healing_pb2.GitSource(url=f"file://{folder}", revision="next"))
    missing = await reaches(caller, monitor.name, lambda now: now.HasField("failure"))
    assert (missing.failure.reason, missing.last_revision) == ("UNKNOWN_REVISION", "")
    empty = await create(caller, "TEST", id="empty", path=str(folder))
    seen = await reaches(caller, empty.name, lambda now: now.HasField("failure"))
    assert (seen.failure.reason, bool(seen.last_revision)) == ("NO_TESTS", True)
    async with watching(caller) as found:
        write(folder, {"test_a.py": "def test_a():\n    assert 1 == 2\n"})
        assert [subject for _, subject, _ in await found.count(1)] == ["test_a.py::test_a"]
    assert not (
        await reaches(caller, empty.name, lambda now: now.last_revision != seen.last_revision)
    ).failure.reason
