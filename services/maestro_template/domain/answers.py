"""The answers file of a project: which template it came from, and how its questions were answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import yaml

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_template.domain import limits
from maestro_template.domain.manifest import load_plain_yaml
from maestro_template.domain.model import ANSWERS_FILE, Folder, Json, Manifest


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an answers file says."""

    template_id: str
    version: str
    answers: Mapping[str, Json]


def recorded_answers(project: Folder) -> Recorded:
    """Read a project's answers file. Raises InvalidArgument (ANSWERS_FILE_MISSING, ANSWERS_FILE_INVALID)."""
    if ANSWERS_FILE not in project:
        raise InvalidArgument(
            f"there is no {ANSWERS_FILE} on top: the project was not rendered by Maestro, or it was lost",
            reason="ANSWERS_FILE_MISSING",
            violations=[FieldViolation("files", f"has no {ANSWERS_FILE}")],
        )
    content = project[ANSWERS_FILE].content
    if len(content) > limits.MAX_ANSWERS_BYTES:
        raise _invalid(f"is larger than {limits.MAX_ANSWERS_BYTES} bytes")
    try:
        document = load_plain_yaml(content.decode())
    except (yaml.YAMLError, ValueError) as error:
        raise _invalid(f"is not valid YAML: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise _invalid("is no mapping")
    template, version = document.get("_template"), document.get("_version")
    if not isinstance(template, str) or not isinstance(version, str):
        raise _invalid("does not say in _template and _version where the project comes from")
    answers = {str(name): value for name, value in document.items() if not str(name).startswith("_")}
    return Recorded(template, version, cast(Mapping[str, Json], answers))


def fitting(manifest: Manifest, answers: Mapping[str, Json]) -> dict[str, Json]:
    """The answers to what a version asks."""
    asked = cast(Mapping[str, Json], manifest.parameters["properties"])
    return {name: value for name, value in answers.items() if name in asked}


def secret(manifest: Manifest, answers: Mapping[str, Json]) -> dict[str, Json]:
    """The answers that no answers file holds."""
    asked = cast(Mapping[str, Mapping[str, Json]], manifest.parameters["properties"])
    return {name: value for name, value in answers.items() if asked.get(name, {}).get("writeOnly")}


def _invalid(why: str) -> InvalidArgument:
    return InvalidArgument(
        f"{ANSWERS_FILE} {why}",
        reason="ANSWERS_FILE_INVALID",
        violations=[FieldViolation(ANSWERS_FILE, why)],
    )
