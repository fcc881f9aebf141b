"""Every backend that can be had here, each with the files of one installation, for the whole suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from place import Place

from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local.backend import local_backend


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["local"])
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """A backend that runs. At the end of the suite nothing of it may be left."""
    data_dir = tmp_path_factory.mktemp(f"environment-{request.param}")
    root = data_dir / "environment"
    files, workspaces = JobFolders(root / "jobs"), WorkspaceFolders(root / "workspaces")
    async with AsyncExitStack() as stack:
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
