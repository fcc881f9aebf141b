"""Every backend that can be had here, each with the files of one installation, for the whole suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from place import Place

from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local.backend import local_backend
from maestro_environment.backends.local.machine import Machine
from maestro_environment.backends.local.tools import Tools


@dataclass(frozen=True)
class _Means:
    """What a machine lets us do at most."""

    walls: bool = True
    groups: bool = True

    def bound(self, patch: pytest.MonkeyPatch) -> None:
        """Let attempts at more than this fail."""
        attempt = Tools._try

        async def bounded(
            tools: Tools, machine: Machine, command: Sequence[str], rlimits: Mapping[str, int] | None = None
        ) -> int | None:
            if (machine.walls and not self.walls) or (machine.group and not self.groups):
                return None
            return await attempt(tools, machine, command, rlimits)

        patch.setattr(Tools, "_try", bounded)


# A machine may let us do less than this one.
MACHINES = {
    "local": _Means(),
    "local-without-groups": _Means(groups=False),
    "local-without-walls": _Means(walls=False),
    "local-with-nothing": _Means(walls=False, groups=False),
}


def pytest_itemcollected(item: pytest.Item) -> None:
    """One worker does all on one machine: what is made ready once serves them all."""
    if (spec := getattr(item, "callspec", None)) and "place" in spec.params:
        item.add_marker(pytest.mark.xdist_group(spec.params["place"]))


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
