"""The tables, and how a template becomes a document of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import MetaData

from maestro_core.store.codec import Codec, Document, Json
from maestro_core.store.records import Records
from maestro_template.domain.model import Evidence, Status, Template, Version, Visibility


@dataclass(frozen=True, slots=True)
class Use:
    """How often a tenant rendered a template."""

    template_id: str
    renders: int


def _encode(template: Template) -> dict[str, Json]:
    return {
        "tenant": template.tenant,
        "template_id": template.id,
        "display_name": template.name,
        "description": template.summary,
        "category": template.category,
        "kind": template.kind,
        "owner": template.owner,
        "status": template.status.name,
        "visibility": template.visibility.name,
        "tags": list(template.tags),
        "readme": template.readme,
        "versions": [_encode_version(version) for version in template.versions],
        "created_at": template.created_at.isoformat(),
        "updated_at": template.updated_at.isoformat(),
        "etag": template.etag,
    }


def _decode(document: Document) -> Template:
    fields = cast(Mapping[str, Any], document)
    return Template(
        tenant=fields["tenant"],
        id=fields["template_id"],
        name=fields["display_name"],
        summary=fields["description"],
        category=fields["category"],
        kind=fields["kind"],
        owner=fields["owner"],
        status=Status[fields["status"]],
        visibility=Visibility[fields["visibility"]],
        tags=tuple(fields["tags"]),
        readme=fields["readme"],
        versions=tuple(_decode_version(version) for version in fields["versions"]),
        created_at=datetime.fromisoformat(fields["created_at"]),
        updated_at=datetime.fromisoformat(fields["updated_at"]),
        etag=fields["etag"],
    )


def _encode_version(version: Version) -> Json:
    return {
        "number": version.number,
        "object_id": version.object_id,
        "digest": version.digest,
        "author": version.author,
        "message": version.message,
        "created_at": version.created_at.isoformat(),
        "evidence": [
            {
                "validator": check.validator,
                "tool_version": check.tool_version,
                "answer_set": check.answer_set,
                "passed": check.passed,
                "detail": check.detail,
                "seconds": check.seconds,
                "checked_at": check.checked_at.isoformat(),
            }
            for check in version.evidence
        ],
    }


def _decode_version(fields: Mapping[str, Any]) -> Version:
    checks = (
        Evidence(**{**check, "checked_at": datetime.fromisoformat(check["checked_at"])})
        for check in fields["evidence"]
    )
    created_at = datetime.fromisoformat(fields["created_at"])
    return Version(**{**fields, "created_at": created_at, "evidence": tuple(checks)})


METADATA: Final = MetaData()
TEMPLATES: Final = Records(
    "templates",
    METADATA,
    Codec(_encode, _decode),
    columns={
        "display_name": str,
        "category": str,
        "kind": str,
        "owner": str,
        "status": str,
        "visibility": str,
    },
)
USES: Final = Records(
    "uses",
    METADATA,
    Codec(
        lambda use: {"template_id": use.template_id, "renders": use.renders},
        lambda document: Use(str(document["template_id"]), cast(int, document["renders"])),
    ),
)
