"""The lock that tells where a platform runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from maestro_cli.failure import CliError
from maestro_cli.platform.record import Record, running
from maestro_client import Endpoints


def test_tells_who_runs_as_long_as_it_is_held(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    record = Record(tmp_path)
    assert running(tmp_path) is None  # not ready yet
    endpoints = Endpoints("a:1", "b:2", "c:3")
    record.write(endpoints)
    found = running(tmp_path)
    assert found is not None
    assert found.endpoints == endpoints
    with pytest.raises(CliError, match=r"runs on .* already"):
        Record(tmp_path)
    record.release()
    assert running(tmp_path) is None
    Record(tmp_path).release()


def test_a_leftover_of_a_dead_platform_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "platform.json").write_text('{"pid": 1, "endpoints": {}}')
    assert running(tmp_path) is None
