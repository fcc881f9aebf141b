"""Reading `template.yaml`: size, YAML, shape and meaning, each with its own clear answer."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from semver import Version as SemVer

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_template.domain import limits
from maestro_template.domain.model import (
    AnswerSet,
    Dialect,
    FileRule,
    Json,
    Language,
    Manifest,
    Status,
    Visibility,
)

_MAX_DEPTH: Final = 30
_STARTS: Final = {"block": "{%", "variable": "{{", "comment": "{#"}


class _PlainLoader(yaml.CSafeLoader):
    """A repeated key hides a mistake, so it is one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse repeated keys. Raises yaml.YAMLError."""
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.YAMLError(f"the key {key.value!r} stands twice (line {key.start_mark.line + 1})")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def load_plain_yaml(text: str) -> object:
    """YAML as plain data. Raises yaml.YAMLError, also for what could unfold or nest beyond any measure."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise yaml.YAMLError(f"nests deeper than {_MAX_DEPTH} levels")
    return yaml.load(text, _PlainLoader)


@cache
def _shape() -> Draft202012Validator:
    text = files(__package__).joinpath("manifest_schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text), registry=Registry())


def parse_manifest(content: bytes) -> Manifest:
    """Read a manifest.

    Raises InvalidArgument (MANIFEST_INVALID) with a violation for everything that is wrong.
    """
    document = _load(content)
    violations = [
        FieldViolation(_field(error.absolute_path), error.message[:300])
        for error in sorted(_shape().iter_errors(document), key=lambda error: list(map(str, error.path)))
    ]
    if not violations:
        violations = list(_meaning(cast(Mapping[str, Any], document)))
    if violations:
        raise _invalid("template.yaml is not a valid manifest", violations)
    return _build(cast(Mapping[str, Any], document))


def _load(content: bytes) -> object:
    if len(content) > limits.MAX_MANIFEST_BYTES:
        problem = f"is larger than {limits.MAX_MANIFEST_BYTES} bytes"
        raise _invalid(f"template.yaml {problem}", [FieldViolation("template.yaml", problem)])
    try:
        document = load_plain_yaml(content.decode())
        json.dumps(document, allow_nan=False)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable("is not valid YAML", error) from error
    except (TypeError, ValueError) as error:
        # Dates, sets and binaries are YAML but not JSON, and every parameter is JSON.
        raise _unreadable("has more than JSON can say", error) from error
    return document


def _meaning(document: Mapping[str, Any]) -> Iterator[FieldViolation]:
    if not SemVer.is_valid(document["version"]):
        yield FieldViolation("version", f"{document['version']!r} is not a semantic version such as 1.2.0")
    schema = document.get("parameters", {"properties": {}})
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        yield FieldViolation(_field(["parameters", *error.absolute_path]), error.message[:300])
    yield from _foreign_references(schema, "parameters")
    for name in schema.get("required", []):
        if name not in schema["properties"]:
            yield FieldViolation("parameters.required", f"{name!r} is no parameter")
    for name, spec in schema["properties"].items():
        if name.startswith("_") and (spec.get("when") is not False or "default" not in spec):
            yield FieldViolation(
                f"parameters.properties.{name}",
                "begins with _, so it is computed: `when: false` and a default",
            )
    options = document.get("dialect", {}).get("options", {})
    starts = [options.get(f"{name}_start_string", mark) for name, mark in _STARTS.items()]
    if len(set(starts)) < len(starts):
        yield FieldViolation("dialect.options", "blocks, variables and comments must begin differently")
    sets = document.get("answer_sets", [])
    names = [answer_set["name"] for answer_set in sets]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield FieldViolation("answer_sets", f"the name {name!r} stands twice")


def _foreign_references(schema: object, where: str) -> Iterator[FieldViolation]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and not str(value).startswith("#"):
                yield FieldViolation(f"{where}.{key}", "may only refer to the manifest itself (#/…)")
            yield from _foreign_references(value, f"{where}.{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _foreign_references(value, f"{where}[{index}]")


def _build(document: Mapping[str, Any]) -> Manifest:
    return Manifest(
        id=document["id"],
        version=document["version"],
        name=document["name"],
        summary=document["summary"],
        category=document["category"],
        kind=document["kind"],
        owner=document["owner"],
        status=Status(document.get("status", Status.DRAFT)),
        visibility=Visibility(document.get("visibility", Visibility.TENANT)),
        tags=tuple(document.get("tags", ())),
        parameters=cast(Mapping[str, Json], document.get("parameters", {"properties": {}})),
        rules=tuple(FileRule(**rule) for rule in document.get("rules", ())),
        validators=tuple(document.get("validators", ())),
        answer_sets=tuple(AnswerSet(**answer_set) for answer_set in document.get("answer_sets", ())),
        dialect=_dialect(document["dialect"]) if "dialect" in document else Dialect(),
    )


def _dialect(fields: Mapping[str, Any]) -> Dialect:
    default = Dialect()
    return Dialect(
        language=Language(fields["language"]),
        options=fields.get("options", {}),
        extensions=tuple(fields.get("extensions", ())),
        strict=fields.get("strict", True),
        suffix=fields.get("suffix", default.suffix),
        roots=tuple((root[0], root[1]) for root in fields.get("roots", default.roots)),
        exclude=tuple(fields.get("exclude", ())),
    )


def _field(path: object) -> str:
    parts = ""
    for part in cast(list[str | int], list(cast(Any, path))):
        parts += f"[{part}]" if isinstance(part, int) else f".{part}" if parts else str(part)
    return parts or "template.yaml"


def _unreadable(what: str, error: Exception) -> InvalidArgument:
    return _invalid(f"template.yaml {what}", [FieldViolation("template.yaml", str(error)[:300])])


def _invalid(message: str, violations: list[FieldViolation]) -> InvalidArgument:
    return InvalidArgument(message, reason="MANIFEST_INVALID", violations=violations[:50])
