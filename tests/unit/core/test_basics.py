"""Errors, identity, ids, names, context and settings."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from maestro_core.context import Call, current_call, current_principal, remaining, serving
from maestro_core.errors import InvalidArgument, Unauthenticated
from maestro_core.identity import Principal, Role
from maestro_core.ids import new_id
from maestro_core.names import parse
from maestro_core.settings import Settings


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.EDITOR, {Role.VIEWER, Role.EDITOR, Role.SERVICE}),
        (Role.SERVICE, {Role.VIEWER, Role.EDITOR, Role.SERVICE}),
        (Role.ADMIN, set(Role)),
    ],
)
def test_a_role_includes_the_ones_below_it(role: Role, may: set[Role]) -> None:
    principal = Principal("me", "t1", frozenset({role}))
    assert {required for required in Role if principal.may(required)} == may


def test_nobody_may_anything_without_a_role() -> None:
    assert not any(Principal("me", "t1", frozenset()).may(role) for role in Role)


def test_ids_fit_names_sort_by_time_and_do_not_repeat() -> None:
    first = new_id("healing")
    time.sleep(0.002)
    later = [new_id("healing") for _ in range(1000)]
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{0,62}", one) for one in [first, *later])
    assert len(set(later)) == 1000
    assert all(first < one for one in later)


def test_a_name_is_taken_apart_by_its_pattern() -> None:
    pattern = "tenants/{tenant}/environments/{environment}/jobs/{job}"
    assert parse("tenants/t1/environments/e1/jobs/j1", pattern) == {
        "tenant": "t1",
        "environment": "e1",
        "job": "j1",
    }


@pytest.mark.parametrize(
    "name", ["", "tenants/t1", "tenants//jobs", "projects/t1/jobs/j1", "tenants/t1/jobs/j1/x"]
)
def test_a_name_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse(name, "tenants/{tenant}/jobs/{job}", field="parent")
    assert caught.value.violations[0].field == "parent"


def test_the_call_is_known_within_its_block_alone() -> None:
    assert current_call() is None
    assert remaining() is None
    with pytest.raises(Unauthenticated):
        current_principal()
    principal = Principal("me", "t1", frozenset())
    with serving(Call(principal=principal, deadline=time.monotonic() + 10)):
        assert current_principal() is principal
        left = remaining()
        assert left is not None
        assert 9 < left <= 10
    assert current_call() is None


def test_each_service_has_its_own_sqlite_file_and_port(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database("healing") == f"sqlite:///{tmp_path}/healing.db"
    assert settings.address("template") == "127.0.0.1:8005"
    assert settings.endpoint("environment") == "127.0.0.1:8004"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_DATABASE_URL", "postgresql://db/maestro")
    monkeypatch.setenv("MAESTRO_LISTEN", "unix:/run/x.sock")
    monkeypatch.setenv("MAESTRO_ENVIRONMENT_ENDPOINT", "environment:8004")
    monkeypatch.setenv("MAESTRO_ALLOWED_ROOTS", '["/srv/projects"]')
    settings = Settings()
    assert settings.database("healing") == "postgresql://db/maestro"
    assert settings.address("healing") == "unix:/run/x.sock"
    assert settings.endpoint("environment") == "environment:8004"
    assert settings.allowed_roots == (Path("/srv/projects"),)
    assert "postgresql://db" not in repr(settings)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
