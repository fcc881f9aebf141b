"""Nothing is left: not after the suite (`place` looks at its end), and not after a crash."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from place import Place

from maestro_core.errors import FailedPrecondition
from maestro_environment.backends.files.jobs import JobFolders
from maestro_environment.backends.files.workspaces import WorkspaceFolders
from maestro_environment.backends.local.backend import local_backend
from maestro_environment.domain.names import EnvironmentName

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_service_that_is_killed_leaves_no_process_and_its_successor_no_file(tmp_path: Path) -> None:
    program = Path(__file__).with_name("crash.py")
    service = await asyncio.create_subprocess_exec(
        sys.executable, program, tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    assert await service.stdout.readline() == b"up\n"
    root = tmp_path / "environment"
    files, workspaces = JobFolders(root / "jobs"), WorkspaceFolders(root / "workspaces")
    with pytest.raises(FailedPrecondition, match="Another Environment service"):
        async with local_backend(root, tmp_path, files, workspaces):
            pass
    service.kill()
    await service.wait()
    async with local_backend(root, tmp_path, files, workspaces) as backend:
        place = Place(backend, files, workspaces, tmp_path)
        assert place.processes() == []
        assert await backend.present() == [EnvironmentName("t1", "crashed")]
        await backend.terminate(EnvironmentName("t1", "crashed"))
        assert await backend.present() == []
    assert place.groups() == []
    assert not list((root / "environments").glob("*/*"))


async def test_what_is_not_ours_is_not_touched(place: Place, tmp_path: Path) -> None:
    stranger = await asyncio.create_subprocess_exec(
        "sleep", "60", env={"MAESTRO_RUN": "maestro-000000000000/tenants/t1/environments/e"}
    )
    root = tmp_path / "environment"
    async with local_backend(
        root, tmp_path, JobFolders(root / "jobs"), WorkspaceFolders(root / "workspaces")
    ):
        assert stranger.returncode is None
    environment = await place.environment()
    assert environment.name in await place.backend.present()
    assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()
