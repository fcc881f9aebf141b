"""Every backend that can be had here, each with the files of one installation, for the whole suite."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from place import Means, Place

from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local.backend import local_backend
from maestro_environment.backends.local.home import Home
from maestro_environment.backends.local.tools import Tools

# A machine may let us do less than this one.
MACHINES = {
    "local": Means(),
    "local-without-groups": Means(groups=False),
    "local-without-walls": Means(walls=False),
    "local-with-nothing": Means(walls=False, groups=False),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what can't be tried here: this machine a second time, and walls where there are none.

    One worker does all on one machine: what is made ready once serves them all.
    """
    placed = [item for item in items if "place" in getattr(item, "fixturenames", ())]
    if not placed:
        return
    here = asyncio.run(_means())
    without: list[pytest.Item] = []
    for item in placed:
        name = item.callspec.params["place"]  # type: ignore[attr-defined]
        item.add_marker(pytest.mark.xdist_group(name))
        means = MACHINES[name]
        distinct = (means.walls or here.walls) and (means.groups or here.groups)
        walled = item.get_closest_marker("walled") is None or (means.walls and here.walls)
        if not (distinct and walled):
            without.append(item)
    config.hook.pytest_deselected(items=without)
    items[:] = [item for item in items if item not in set(without)]


async def _means() -> Means:
    """What this machine lets us do."""
    with tempfile.TemporaryDirectory() as folder:
        machine = await Tools(Home(Path(folder)), Path(folder), []).probe()
        if machine.group is not None:
            await machine.group.remove()
    return Means(walls=machine.walls, groups=machine.group is not None)


@pytest.fixture
def means(request: pytest.FixtureRequest) -> Means:
    """What the machine under test lets us do at most."""
    return MACHINES[request.node.callspec.params["place"]]


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=MACHINES)
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """A backend that runs. At the end of the suite nothing of it may be left."""
    data_dir = tmp_path_factory.mktemp(request.param)
    root = data_dir / "environment"
    files, workspaces = JobFolders(root / "jobs"), WorkspaceFolders(root / "workspaces")
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            MACHINES[request.param].bound(patch)
            backend = await stack.enter_async_context(local_backend(root, data_dir, files, workspaces))
        place = Place(backend, files, workspaces, data_dir)
        yield place
        for name in await backend.present():
            await backend.terminate(name)
        assert await backend.present() == []
    assert place.processes() == []
    assert place.groups() == []
    assert place.listening() == set()
    assert not list(Path(root, "environments").glob("*/*"))
