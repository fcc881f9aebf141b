"""A template's record as the message that events and answers carry."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from maestro.template.v1 import template_pb2
from maestro_template.domain.lifecycle import newest
from maestro_template.domain.model import Evidence, Status, Template, Version, Visibility


def template_message(
    tenant: str, template: Template, version: Version | None = None
) -> template_pb2.Template:
    """A template at a version, the newest by default, as `tenant` sees it: below its own name."""
    shown = version or newest(template.versions)
    return template_pb2.Template(
        name=template_name(tenant, template.id),
        display_name=template.name,
        description=template.summary,
        category=template.category,
        kind=template.kind,
        tags=template.tags,
        owner=template.owner,
        status=f"TEMPLATE_STATUS_{template.status.name}",
        visibility=f"VISIBILITY_{template.visibility.name}",
        version=shown.number,
        commit=shown.object_id,
        quality=_quality(shown),
        create_time=timestamp(template.created_at),
        update_time=timestamp(template.updated_at),
        etag=template.etag,
    )


def template_name(tenant: str, template_id: str) -> str:
    """The resource name of a template as a tenant sees it."""
    return f"tenants/{tenant}/templates/{template_id}"


def status_of(value: template_pb2.TemplateStatus) -> Status:
    """The status of an enum value that is set."""
    return Status[template_pb2.TemplateStatus.Name(value).removeprefix("TEMPLATE_STATUS_")]


def visibility_of(value: template_pb2.Visibility) -> Visibility | None:
    """The visibility of an enum value, None where it is not set."""
    name = template_pb2.Visibility.Name(value).removeprefix("VISIBILITY_")
    return None if name == "UNSPECIFIED" else Visibility[name]


def timestamp(time: datetime) -> Timestamp:
    """A time as a message."""
    message = Timestamp()
    message.FromDatetime(time)
    return message


def _quality(version: Version) -> template_pb2.Quality:
    quality = template_pb2.Quality(evidence=[_evidence(check) for check in version.evidence])
    if version.score is not None:
        quality.score = version.score
    return quality


def _evidence(check: Evidence) -> template_pb2.Evidence:
    message = template_pb2.Evidence(
        validator=check.validator,
        validator_version=check.tool_version,
        answer_set=check.answer_set,
        passed=check.passed,
        output=check.detail,
        time=timestamp(check.checked_at),
    )
    message.duration.FromNanoseconds(round(check.seconds * 1e9))
    return message
