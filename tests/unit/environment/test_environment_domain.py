"""States, expiry, limits and paths: the rules that need no machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_core.errors import FailedPrecondition, InvalidArgument
from maestro_environment.domain import paths
from maestro_environment.domain.environment import (
    Enforcement,
    Environment,
    EnvironmentSpec,
    EnvironmentState,
    Failure,
    Isolation,
    Limits,
)
from maestro_environment.domain.job import CacheMount, Job, JobOutcome, JobSpec, JobState
from maestro_environment.domain.names import EnvironmentName, JobName

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ADVISORY = Isolation(*[Enforcement.ADVISORY] * 6, mechanism="none")
NAME = EnvironmentName("t1", "e1")
ENVIRONMENT = Environment(NAME, EnvironmentSpec(), "me", ADVISORY, NOW, NOW, NOW + HOUR)
JOB = Job(JobName(NAME, "j1"), JobSpec(("true",)), NOW)


def test_a_life_from_beginning_to_end() -> None:
    later = NOW + timedelta(seconds=5)
    ready = ENVIRONMENT.provisioning(NOW).ready(later)
    assert (ready.state, ready.ready_time, ready.update_time) == (EnvironmentState.READY, later, later)
    again = ready.provisioning(later).ready(later + HOUR)
    assert again.ready_time == later
    assert again.terminating(NOW).ended(NOW).state is EnvironmentState.TERMINATED


def test_a_failure_ends_as_failed_once_all_is_gone() -> None:
    failed = ENVIRONMENT.provisioning(NOW).terminating(NOW, Failure("WHY", "because"))
    assert failed.state is EnvironmentState.TERMINATING
    assert failed.ended(NOW).state is EnvironmentState.FAILED


@pytest.mark.parametrize("state", [EnvironmentState.TERMINATED, EnvironmentState.FAILED])
def test_nothing_follows_the_end(state: EnvironmentState) -> None:
    ended = replace(ENVIRONMENT, state=state)
    for move in (ended.provisioning, ended.ready, ended.terminating, ended.ended):
        with pytest.raises(FailedPrecondition):
            move(NOW)
    assert not ended.expired(NOW + DAY)


def test_expiry_and_extension() -> None:
    assert not ENVIRONMENT.expired(NOW + HOUR - timedelta(microseconds=1))
    assert ENVIRONMENT.expired(NOW + HOUR)
    extended = ENVIRONMENT.extended(2 * HOUR, NOW + HOUR / 2, DAY)
    assert extended.expire_time == NOW + 2.5 * HOUR
    with pytest.raises(FailedPrecondition) as raised:
        ENVIRONMENT.extended(DAY, NOW + HOUR, DAY)
    assert raised.value.reason == "TTL_CEILING"
    with pytest.raises(FailedPrecondition) as raised:
        ENVIRONMENT.terminating(NOW).extended(HOUR, NOW, DAY)
    assert raised.value.reason == "ENVIRONMENT_ENDED"


@given(st.integers(1, 86400), st.integers(0, 3600))
def test_an_extension_never_shortens_a_life_nor_breaks_the_ceiling(ttl: int, elapsed: int) -> None:
    now = NOW + timedelta(seconds=elapsed)
    try:
        extended = ENVIRONMENT.extended(timedelta(seconds=ttl), now, DAY)
    except FailedPrecondition:
        assert now + timedelta(seconds=ttl) > NOW + DAY
    else:
        assert ENVIRONMENT.expire_time <= extended.expire_time <= NOW + DAY


def test_limits_are_the_smaller_of_two_where_both_are_set() -> None:
    bound = Limits(100, 0, 10, 7)
    assert Limits().within(bound) == bound
    assert Limits(200, 500, 5).within(bound) == Limits(100, 500, 5, 7)


def test_a_job_is_retried_as_often_as_it_says() -> None:
    failed = JobOutcome(JobState.FAILED, NOW, NOW, exit_code=1)
    job = replace(JOB, spec=replace(JOB.spec, retries=1)).running(NOW).finished(failed, None)
    assert (job.state, job.attempts) == (JobState.PENDING, 1)
    job = job.running(NOW).finished(failed, ())
    assert (job.state, job.attempts, job.exit_code, job.results) == (JobState.FAILED, 2, 1, ())


def test_a_cancelled_job_is_not_retried() -> None:
    cancelled = replace(JOB.running(NOW), cancel_requested=True, spec=replace(JOB.spec, retries=5))
    assert cancelled.finished(JobOutcome(JobState.FAILED, NOW, NOW), None).state is JobState.FAILED


def test_names_are_read_back() -> None:
    assert EnvironmentName.parse(str(NAME)) == NAME
    assert JobName.parse(str(JOB.name)) == JOB.name
    for wrong in ("", "tenants/t1", "tenants/T1/environments/e", "tenants/t1/environments/e/", f"{NAME}\n"):
        with pytest.raises(InvalidArgument):
            EnvironmentName.parse(wrong)


@pytest.mark.parametrize("path", ["a", "a/b", "./a", "a/./b", "..a", ""])
def test_paths_that_stay_inside(path: str) -> None:
    assert paths.inside(path)


@pytest.mark.parametrize("path", ["/a", "..", "a/../..", "a/..", "../a", "a\0b"])
def test_paths_that_do_not(path: str) -> None:
    assert not paths.inside(path)


def test_placeholders() -> None:
    places = {"workspace": "/w", "artifacts": "/a", "cache.pip": "/c"}
    assert paths.fill("{workspace}/x:{cache.pip}:{artifacts}", places) == "/w/x:/c:/a"
    assert paths.fill("{other} {cache.none} {}", places) == "{other} {cache.none} {}"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (JobSpec(("x",), overlay={"a": True, "a/b": True}), "spec.overlay"),
        (JobSpec(("x",), overlay={"/a": False}), "spec.overlay[0].path"),
        (JobSpec(("x",), caches=(CacheMount("c"), CacheMount("c"))), "spec.caches"),
        (JobSpec(("x\0",)), "spec.command"),
        (JobSpec(("",)), "spec.command"),
        (JobSpec(("x",), artifact_patterns=("a**b",)), "spec.artifact_patterns[0]"),
    ],
)
def test_what_is_wrong_with_a_job(spec: JobSpec, field: str) -> None:
    assert [violation.field for violation in paths.violations(spec)] == [field]
    assert paths.violations(JobSpec(("x",), working_directory="{workspace}/a")) == []
