"""Records as the contract's messages: what changes look like on the streams and in answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from maestro.environment.v1 import environment_pb2, job_pb2, limits_pb2
from maestro_environment.domain.environment import (
    Connection,
    Enforcement,
    Environment,
    EnvironmentSpec,
    Failure,
    Isolation,
    Limits,
    ServiceKind,
)
from maestro_environment.domain.job import Job, JobSpec, TestCase, TestOutcome

_ENFORCEMENT = {
    Enforcement.ENFORCED: environment_pb2.ENFORCEMENT_ENFORCED,
    Enforcement.ADVISORY: environment_pb2.ENFORCEMENT_ADVISORY,
}


class ContractMessages:
    """Implements `store.Messages`."""

    def environment(self, environment: Environment) -> environment_pb2.Environment:
        """An environment, without secrets."""
        return environment_message(environment)

    def job(self, job: Job) -> job_pb2.Job:
        """A job, without its test cases."""
        return job_message(job, cases=False)


def environment_message(environment: Environment) -> environment_pb2.Environment:
    """An environment, without its connections."""
    return environment_pb2.Environment(
        name=str(environment.name),
        spec=_environment_spec(environment.spec),
        state=f"ENVIRONMENT_STATE_{environment.state}",
        failure=_failure(environment.failure),
        create_time=_time(environment.create_time),
        update_time=_time(environment.update_time),
        ready_time=_time(environment.ready_time),
        expire_time=_time(environment.expire_time),
        isolation=isolation_message(environment.isolation),
        owner=environment.owner,
        etag=environment.etag,
    )


def job_message(job: Job, *, cases: bool) -> job_pb2.Job:
    """A job; with its test cases where `cases` is set, else with their numbers alone."""
    return job_pb2.Job(
        name=str(job.name),
        spec=_job_spec(job.spec),
        state=f"JOB_STATE_{job.state}",
        failure=_failure(job.failure),
        exit_code=job.exit_code,
        create_time=_time(job.create_time),
        start_time=_time(job.start_time),
        end_time=_time(job.end_time),
        results=None if job.results is None else _results(job.results, cases=cases),
        artifacts=[job_pb2.Artifact(path=item.path, size_bytes=item.size_bytes) for item in job.artifacts],
        peak_memory_bytes=job.peak_memory_bytes,
        log_bytes=job.log_bytes,
        log_truncated=job.log_truncated,
        attempts=job.attempts,
        etag=job.etag,
    )


def connection_message(connection: Connection) -> environment_pb2.Connection:
    """How to reach a part; it holds a secret."""
    return environment_pb2.Connection(
        kind=kind_message(connection.kind), uri=connection.uri, env=dict(connection.env)
    )


def isolation_message(isolation: Isolation) -> environment_pb2.Isolation:
    """What walls and limits are worth."""
    return environment_pb2.Isolation(
        memory=_ENFORCEMENT[isolation.memory],
        cpu=_ENFORCEMENT[isolation.cpu],
        processes=_ENFORCEMENT[isolation.processes],
        filesystem=_ENFORCEMENT[isolation.filesystem],
        network=_ENFORCEMENT[isolation.network],
        disk=_ENFORCEMENT[isolation.disk],
        mechanism=isolation.mechanism,
    )


def kind_message(kind: ServiceKind) -> str:
    """What the contract calls a kind of service."""
    return f"SERVICE_KIND_{kind}"


def duration(length: timedelta) -> Duration:
    """A length of time."""
    message = Duration()
    message.FromTimedelta(length)
    return message


def _environment_spec(spec: EnvironmentSpec) -> environment_pb2.EnvironmentSpec:
    return environment_pb2.EnvironmentSpec(
        services=[environment_pb2.ServiceSpec(kind=kind_message(kind)) for kind in spec.services],
        limits=_limits(spec.limits),
        labels=dict(spec.labels),
    )


def _job_spec(spec: JobSpec) -> job_pb2.JobSpec:
    return job_pb2.JobSpec(
        command=spec.command,
        env=dict(spec.env),
        working_directory=spec.working_directory,
        workspace=str(spec.workspace) if spec.workspace else "",
        overlay=[
            job_pb2.OverlayFile(path=path) if new else job_pb2.OverlayFile(path=path, deleted=True)
            for path, new in spec.overlay.items()
        ],
        caches=[job_pb2.CacheMount(name=cache.name, writable=cache.writable) for cache in spec.caches],
        timeout=duration(spec.timeout),
        limits=_limits(spec.limits),
        retries=spec.retries,
        network=f"NETWORK_ACCESS_{spec.network}",
        junit_path=spec.junit_path,
        artifact_patterns=spec.artifact_patterns,
    )


def _results(tests: tuple[TestCase, ...], *, cases: bool) -> job_pb2.TestResults:
    count = {outcome: sum(test.outcome is outcome for test in tests) for outcome in TestOutcome}
    return job_pb2.TestResults(
        total=len(tests),
        passed=count[TestOutcome.PASSED],
        failed=count[TestOutcome.FAILED],
        errors=count[TestOutcome.ERROR],
        skipped=count[TestOutcome.SKIPPED],
        duration=duration(timedelta(seconds=sum(test.seconds for test in tests))),
        cases=[_case(test) for test in tests] if cases else [],
    )


def _case(test: TestCase) -> job_pb2.TestCase:
    return job_pb2.TestCase(
        class_name=test.class_name,
        name=test.name,
        outcome=f"TEST_OUTCOME_{test.outcome}",
        duration=duration(timedelta(seconds=test.seconds)),
        message=test.message,
        details=test.details,
    )


def _limits(limits: Limits) -> limits_pb2.ResourceLimits:
    return limits_pb2.ResourceLimits(
        memory_bytes=limits.memory_bytes,
        cpu_millis=limits.cpu_millis,
        processes=limits.processes,
        disk_bytes=limits.disk_bytes,
    )


def _failure(failure: Failure | None) -> limits_pb2.Failure | None:
    return limits_pb2.Failure(reason=failure.reason, message=failure.message) if failure else None


def _time(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message
