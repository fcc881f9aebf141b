"""Requests as the domain's values."""

from __future__ import annotations

from datetime import timedelta

from maestro.environment.v1 import environment_pb2, job_pb2, limits_pb2
from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_environment.domain.environment import EnvironmentSpec, Limits, ServiceKind
from maestro_environment.domain.job import CacheMount, JobSpec, NetworkAccess
from maestro_environment.domain.names import WorkspaceName

_DEFAULT_TIMEOUT = timedelta(minutes=10)


def environment_spec(spec: environment_pb2.EnvironmentSpec) -> EnvironmentSpec:
    """What an environment shall be made of."""
    names = (environment_pb2.ServiceKind.Name(service.kind) for service in spec.services)
    kinds = tuple(ServiceKind(name.removeprefix("SERVICE_KIND_")) for name in names)
    return EnvironmentSpec(kinds, _limits(spec.limits), dict(spec.labels))


def job_spec(spec: job_pb2.JobSpec) -> JobSpec:
    """What a job shall run, without the contents of its overlay. Raises InvalidArgument."""
    return JobSpec(
        command=tuple(spec.command),
        env=dict(spec.env),
        working_directory=spec.working_directory,
        workspace=WorkspaceName.parse(spec.workspace) if spec.workspace else None,
        overlay=_overlay(spec),
        caches=tuple(CacheMount(cache.name, cache.writable) for cache in spec.caches),
        timeout=spec.timeout.ToTimedelta() if spec.HasField("timeout") else _DEFAULT_TIMEOUT,
        limits=_limits(spec.limits),
        retries=spec.retries,
        network=(NetworkAccess.HOST if spec.network == job_pb2.NETWORK_ACCESS_HOST else NetworkAccess.NONE),
        junit_path=spec.junit_path,
        artifact_patterns=tuple(spec.artifact_patterns),
    )


def overlay_contents(spec: job_pb2.JobSpec) -> dict[str, bytes]:
    """The new files of a job's overlay."""
    return {file.path: file.content for file in spec.overlay if file.WhichOneof("change") == "content"}


def tenant(parent: str) -> str:
    """Whose a `tenants/{tenant}` is; the contract's rules have checked its form."""
    return parent.partition("/")[2]


def _overlay(spec: job_pb2.JobSpec) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for number, file in enumerate(spec.overlay):
        change = file.WhichOneof("change")
        if change is None or file.path in found or (change == "deleted" and not file.deleted):
            raise InvalidArgument(
                "The overlay can't be laid over the workspace.",
                reason="OVERLAY_INVALID",
                violations=[
                    FieldViolation(
                        f"spec.overlay[{number}]", "needs new content or deleted = true, once for each path"
                    )
                ],
            )
        found[file.path] = change == "content"
    return found


def _limits(limits: limits_pb2.ResourceLimits) -> Limits:
    return Limits(limits.memory_bytes, limits.cpu_millis, limits.processes, limits.disk_bytes)
