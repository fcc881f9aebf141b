"""Copier: a copier.yml with questions, and files of which those with a suffix are templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from maestro_template.domain.importing.draft import (
    ORIGIN,
    SYNTAX,
    Draft,
    jinja_options,
    refused,
    typed,
    without,
)
from maestro_template.domain.manifest import load_plain_yaml
from maestro_template.domain.model import RENDERED_SUFFIX, Folder, Json
from maestro_template.domain.texts import text_of

_DEFINITIONS: Final = ("copier.yml", "copier.yaml")
_EXCLUDED: Final = ("copier.yaml", "copier.yml", "~*", "*.py[co]", "__pycache__", ".git", ".DS_Store", ".svn")
_TYPES: Final = {
    "str": "string", "path": "string", "int": "integer", "float": "number", "bool": "boolean"
}  # fmt: skip
_KEPT: Final = {"help": "title", "when": "when", "validator": "validator"}


def is_copier(folder: Folder) -> bool:
    """Whether Copier would take it."""
    return any(name in folder for name in _DEFINITIONS)


def import_copier(folder: Folder) -> Draft:
    """A draft. Raises InvalidArgument (IMPORT_REFUSED)."""
    definition = next(name for name in _DEFINITIONS if name in folder)
    settings, questions = _read(definition, folder[definition].content)
    draft = Draft(folder, summary="Imported from a Copier template.")
    root = _subdirectory(draft, settings)
    suffix = str(settings.get("templates_suffix", RENDERED_SUFFIX))
    extensions = [str(name) for name in settings.get("jinja_extensions") or ()]
    envops = settings.get("envops") or {}
    strict = isinstance(envops, dict) and envops.pop("undefined", "") == "jinja2.StrictUndefined"
    options = jinja_options(envops)
    draft.dialect = without(
        {
            "options": options,
            "extensions": sorted({SYNTAX[name] for name in extensions if name in SYNTAX}),
            "exclude": [str(one) for one in settings.get("exclude", () if root else _EXCLUDED) or ()],
            "roots": [*([[root, "files/"], ["", ""]] if root else [["", "files/"]])],
        }
    )
    draft.dialect |= {"strict": strict, "suffix": suffix}
    draft.files[ORIGIN + definition] = folder[definition]
    draft.not_executed += [f"extension {name}" for name in extensions if name not in SYNTAX]
    for kind in ("tasks", "migrations"):
        draft.not_executed += [f"{kind[:-1]} {_short(task)}" for task in settings.get(kind) or ()]
    secrets = {str(name) for name in settings.get("secret_questions") or ()}
    for name, question in questions.items():
        _ask(draft, str(name), question, secrets)
    _add_files(draft, root, suffix)
    return draft


def _read(definition: str, content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        document = load_plain_yaml(content.decode())
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise refused(definition, f"is not YAML that is taken: {str(error)[:300]}") from error
    if not isinstance(document, dict):
        raise refused(definition, "must hold questions and settings")
    settings = {str(name)[1:]: value for name, value in document.items() if str(name).startswith("_")}
    return settings, {name: value for name, value in document.items() if not str(name).startswith("_")}


def _subdirectory(draft: Draft, settings: Mapping[str, Any]) -> str:
    root = str(settings.get("subdirectory") or "").strip("/")
    if root and draft.literal(root) != root:
        raise refused("_subdirectory", "is a template itself, so which files there are is not known before")
    return f"{root}/" if root and root != "." else ""


def _ask(draft: Draft, name: str, question: Any, secrets: set[str]) -> None:
    spec = dict(question) if isinstance(question, dict) else {"default": question}
    default = spec.get("default")
    told = spec.get("type") or {str: "str", int: "int", float: "float", bool: "bool"}.get(
        type(default), "yaml"
    )
    if told not in (*_TYPES, "json", "yaml"):
        raise refused(name, f"is of the type {str(told)[:40]!r}, which is not known before it is asked")
    several = bool(spec.get("multiselect"))
    parameter: dict[str, Any] = {"type": "array" if several else _TYPES.get(str(told)) or _structure(default)}
    parameter |= without({ours: spec.get(theirs) for theirs, ours in _KEPT.items()})
    if spec.get("when") is False:
        parameter["when"] = False
    choices = _choices(draft, str(told), spec.get("choices"))
    if choices:
        parameter |= {"items": {"enum": choices}} if several else {"enum": choices}
    if spec.get("secret") or name in secrets:
        parameter["writeOnly"] = True
    if "default" in spec:
        parameter["default"] = default if several else _cast(str(told), draft, default)
    elif several:
        parameter["default"] = []
    elif parameter.get("when") is not False:
        draft.required.append(name)
    else:
        parameter["default"] = ""
    draft.properties[name] = parameter


def _structure(default: Any) -> str:
    """What a question for YAML or JSON asks for, by its default."""
    try:
        value: Any = load_plain_yaml(default) if isinstance(default, str) else default
    except yaml.YAMLError:
        value = None
    if isinstance(value, (list, dict)):
        return typed(value)
    if isinstance(default, str) and ("{{" in default or "{%" in default):
        return "array" if default.lstrip()[:1] in ("[", "-") else "object"
    return typed(value) if value is not None else "object"


def _choices(draft: Draft, told: str, choices: Any) -> list[Json]:
    """The values to choose from; none where they are not known before the question is asked."""
    listed = choices.values() if isinstance(choices, dict) else choices if isinstance(choices, list) else ()
    values = []
    for choice in listed:
        value = choice[1] if isinstance(choice, list) and len(choice) == 2 else choice
        value = value.get("value") if isinstance(value, dict) else value
        if isinstance(value, str) and draft.literal(value) != value:
            return []
        values.append(_cast(told, draft, value))
    return values


def _cast(told: str, draft: Draft, value: Any) -> Any:
    """A default or a choice as a value of the question's type; what has yet to be rendered stays."""
    if isinstance(value, str):
        if told in ("str", "path") or draft.literal(value) != value:
            return value
        value = json.loads(value) if told == "json" else load_plain_yaml(value)
    if told in ("str", "path"):
        return "" if value is None else str(value)
    if told == "float" and isinstance(value, int):
        return float(value)
    return value


def _add_files(draft: Draft, root: str, suffix: str) -> None:
    inside = {path.removeprefix(root): file for path, file in draft.source.items() if path.startswith(root)}
    for path, file in inside.items():
        if "_copier_conf.answers_file" in path or path.startswith(".copier-answers."):
            continue  # Maestro writes one of its own
        if not root and path in _DEFINITIONS:
            continue
        if suffix and path + suffix in inside:
            continue  # as in Copier, the template beside it comes first
        rendered = path.rpartition("/")[2].endswith(suffix) and (
            bool(suffix) or text_of(file.content) is not None
        )
        name = str(PurePosixPath(path).with_suffix("")) if rendered and suffix else path
        draft.put(name, file, rendered=rendered)
    for path, file in draft.source.items():
        if root and not path.startswith(root) and path not in (*_DEFINITIONS, "README.md"):
            draft.files.setdefault(path if not path.startswith("files/") else ORIGIN + path, file)


def _short(task: Any) -> str:
    command = task.get("command", task) if isinstance(task, dict) else task
    return (" ".join(map(str, command)) if isinstance(command, list) else str(command))[:200]
