"""The tables of this service, and how records become documents."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import MetaData

from maestro_core.store.codec import Codec, Document
from maestro_core.store.records import Records
from maestro_environment.domain.environment import Environment
from maestro_environment.domain.job import Job

METADATA = MetaData()
_ENVIRONMENT = TypeAdapter(Environment)
_JOB = TypeAdapter(Job)


def _encode_environment(environment: Environment) -> Document:
    document: Document = _ENVIRONMENT.dump_python(environment, mode="json")
    document["living"] = not environment.state.ended
    return document


def _encode_job(job: Job) -> Document:
    document: Document = _JOB.dump_python(job, mode="json")
    document["environment"] = job.name.environment.id
    document["unfinished"] = not job.state.ended
    return document


ENVIRONMENTS = Records(
    "environments",
    METADATA,
    Codec(encode=_encode_environment, decode=_ENVIRONMENT.validate_python),
    columns={"state": str, "owner": str, "living": bool},
)
JOBS = Records(
    "jobs",
    METADATA,
    Codec(encode=_encode_job, decode=_JOB.validate_python),
    columns={"state": str, "environment": str, "unfinished": bool},
)
