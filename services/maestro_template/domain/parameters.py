"""From the answers a caller gives to the values a template sees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import yaml
from jinja2 import TemplateError
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_template.domain import limits
from maestro_template.domain.model import Json, Manifest

_FALSE: Final = frozenset({"", "false", "no", "off", "0", "none", "null", "n", "f", "~"})


class Expressions(Protocol):
    """Reads the expressions of one template."""

    # Whether defaults are expressions at every depth, not on their top alone.
    deep_defaults: bool

    def is_template(self, text: str) -> bool:
        """Whether a text holds anything but itself."""
        ...

    def evaluate(self, text: str, values: Mapping[str, Json]) -> str:
        """What a text says with these values. Raises TemplateError and what expressions can raise."""
        ...


def truth(text: str) -> bool:
    """Whether a rendered condition holds; empty, false, no, off, 0 and none do not."""
    return text.strip().lower() not in _FALSE


@dataclass(frozen=True, slots=True)
class Resolved:
    """Every parameter's value, and which of them were asked."""

    values: Mapping[str, Json]
    asked: tuple[str, ...]


class Parameters:
    """The parameters of one template, ready to check answers with."""

    def __init__(self, manifest: Manifest) -> None:
        schema = cast(dict[str, Any], manifest.parameters)
        self._properties: dict[str, dict[str, Any]] = schema["properties"]
        self._required = frozenset(schema.get("required", ()))
        # Required is judged here, for a parameter that is not asked can't be missing.
        without_required = {key: value for key, value in schema.items() if key != "required"}
        self._validator = Draft202012Validator(without_required, registry=Registry())
        self.secrets = frozenset(name for name, spec in self._properties.items() if spec.get("writeOnly"))

    def resolve(self, answers: Mapping[str, Json], expressions: Expressions) -> Resolved:
        """Fill in defaults in order (a default may use what stands above it) and check the whole.

        As in Copier, an answer to a parameter that is not asked is ignored.
        Raises InvalidArgument (ANSWERS_INVALID) with a violation for each wrong, missing or unknown answer.
        """
        violations = list(self._unknown_or_huge(answers))
        values: dict[str, Json] = {}
        asked: list[str] = []
        for name, spec in self._properties.items():
            try:
                is_asked = self._is_asked(spec, values, expressions)
                if is_asked:
                    asked.append(name)
                if is_asked and name in answers:
                    values[name] = answers[name]
                    violations.extend(_objections(name, spec, values, expressions))
                elif "default" in spec:
                    values[name] = _default(spec, values, expressions)
                elif is_asked and name in self._required:
                    violations.append(FieldViolation(_field([name]), "is required"))
                    values[name] = _blank(spec)
                else:
                    values[name] = None
            except (TemplateError, yaml.YAMLError, ArithmeticError, TypeError, ValueError) as error:
                problem = f"its `when` or default fails: {error}"[:300]
                violations.append(FieldViolation(_field([name]), problem))
                values[name] = _blank(spec)
        violations.extend(self._wrong(values, {violation.field for violation in violations}))
        if violations:
            raise InvalidArgument(
                "the answers do not fit the template's parameters",
                reason="ANSWERS_INVALID",
                violations=violations[:50],
            )
        return Resolved(values, tuple(asked))

    def _unknown_or_huge(self, answers: Mapping[str, Json]) -> Iterator[FieldViolation]:
        if len(json.dumps(answers)) > limits.MAX_ANSWERS_BYTES:
            yield FieldViolation("answers", f"are larger than {limits.MAX_ANSWERS_BYTES} bytes together")
        for name in answers:
            if name not in self._properties:
                yield FieldViolation(_field([name[:64]]), "the template has no such parameter")

    @staticmethod
    def _is_asked(spec: Mapping[str, Any], values: Mapping[str, Json], expressions: Expressions) -> bool:
        when = spec.get("when", True)
        return when if isinstance(when, bool) else truth(expressions.evaluate(when, values))

    def _wrong(self, values: Mapping[str, Json], known: set[str]) -> Iterator[FieldViolation]:
        present = {name: value for name, value in values.items() if value is not None}
        for error in self._validator.iter_errors(present):
            field = _field(list(error.absolute_path))
            if field not in known:
                yield FieldViolation(field, _sentence(error))


def _objections(
    name: str, spec: Mapping[str, Any], values: Mapping[str, Json], expressions: Expressions
) -> Iterator[FieldViolation]:
    """What the parameter's own `validator` has against its answer."""
    validator = spec.get("validator")
    if validator and (problem := expressions.evaluate(validator, values).strip()):
        yield FieldViolation(_field([name]), problem[:300])


def _default(spec: Mapping[str, Any], values: Mapping[str, Json], expressions: Expressions) -> Json:
    default = cast(Json, spec["default"])
    if expressions.deep_defaults and isinstance(default, (list, dict)):
        return _deep(default, values, expressions)
    if not isinstance(default, str) or not expressions.is_template(default):
        return default
    text = expressions.evaluate(default, values)
    return text if spec["type"] == "string" else cast(Json, yaml.safe_load(text))


def _deep(default: Json, values: Mapping[str, Json], expressions: Expressions) -> Json:
    if isinstance(default, dict):
        return {
            expressions.evaluate(key, values): _deep(value, values, expressions)
            for key, value in default.items()
        }
    if isinstance(default, list):
        return [_deep(value, values, expressions) for value in default]
    return expressions.evaluate(default, values) if isinstance(default, str) else default


def _blank(spec: Mapping[str, Any]) -> Json:
    blanks: dict[str, Json] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}
    return blanks.get(spec["type"], {})


def _field(path: list[str | int]) -> str:
    return "answers" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _sentence(error: ValidationError) -> str:
    """The schema's own message, without an answer of any length repeated in it."""
    if len(error.message) <= 200:
        return error.message
    return f"does not satisfy {error.validator}: {json.dumps(error.validator_value)[:100]}"
