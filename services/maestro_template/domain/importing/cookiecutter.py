"""Cookiecutter: a cookiecutter.json, and one folder whose name is a template."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any, Final

from maestro_template.domain.importing.draft import (
    ORIGIN,
    SYNTAX,
    Draft,
    jinja_options,
    refused,
    typed,
    without,
)
from maestro_template.domain.model import Folder
from maestro_template.domain.texts import text_of

_DEFINITION: Final = "cookiecutter.json"
_HOOKS: Final = "hooks/"
_INCLUDED: Final = "templates/"
# Cookiecutter has these by itself.
_OWN: Final = "cookiecutter.extensions."
_SETTINGS: Final = frozenset(
    {"_copy_without_render", "_extensions", "_jinja2_env_vars", "_new_lines", "_template"}
)


def is_cookiecutter(folder: Folder) -> bool:
    """Whether Cookiecutter would take it."""
    return _DEFINITION in folder


def import_cookiecutter(folder: Folder) -> Draft:
    """A draft. Raises InvalidArgument (IMPORT_REFUSED)."""
    context = _context(folder)
    draft = Draft(folder, summary="Imported from a Cookiecutter template.")
    extensions = [str(name) for name in _listed(context, "_extensions")]
    options = jinja_options(context.get("_jinja2_env_vars"))
    if newline := context.get("_new_lines"):
        options["newline"] = newline
    draft.dialect = without(
        {
            "options": options,
            "extensions": sorted({"now", *(SYNTAX[name] for name in extensions if name in SYNTAX)}),
            "roots": [["", "files/"], ["", _INCLUDED]],
        }
    )
    draft.dialect["suffix"] = ""
    draft.not_executed += [
        f"extension {name}" for name in extensions if name not in SYNTAX and not name.startswith(_OWN)
    ]
    _ask(draft, context)
    _add_files(draft, context)
    return draft


def _context(folder: Folder) -> dict[str, Any]:
    try:
        context = json.loads(folder[_DEFINITION].content)
    except (ValueError, RecursionError) as error:
        raise refused(_DEFINITION, f"is not valid JSON: {error}") from error
    if not isinstance(context, dict):
        raise refused(_DEFINITION, "must be an object")
    if isinstance(several := context.get("templates"), dict):
        names = ", ".join(f"{name} ({_place(place)})" for name, place in several.items())
        raise refused(_DEFINITION, f"leads to several templates, import one of them: {names[:400]}")
    if isinstance(context.get("template"), list):
        raise refused(_DEFINITION, "leads to several templates, import one of them")
    return context


def _place(place: object) -> str:
    return str(place.get("path")) if isinstance(place, dict) else str(place)


def _listed(context: Mapping[str, Any], name: str) -> list[Any]:
    found = context.get(name, [])
    if not isinstance(found, list):
        raise refused(_DEFINITION, f"has no list in {name}")
    return found


def _ask(draft: Draft, context: Mapping[str, Any]) -> None:
    prompts = context.get("__prompts__", {})
    # Cookiecutter asks for objects last.
    for name, value in sorted(context.items(), key=lambda one: isinstance(one[1], dict)):
        if name in _SETTINGS or name == "__prompts__":
            continue
        draft.properties[name] = _parameter(draft, name, value)
        if title := prompts.get(name) if isinstance(prompts, dict) else None:
            draft.properties[name]["title"] = str(
                title.get("__prompt__", name) if isinstance(title, dict) else title
            )


def _parameter(draft: Draft, name: str, value: Any) -> dict[str, Any]:
    if name.startswith("__"):
        return {"type": typed(value), "when": False, "default": _texts(value)}
    if name.startswith("_"):
        # Cookiecutter leaves these as they are written.
        return {"type": typed(value), "when": False, "default": _literals(draft, value)}
    if isinstance(value, list):
        choices = [_text(choice) for choice in value]
        if not choices:
            raise refused(_DEFINITION, f"has no choice for {name}")
        fixed = all(draft.literal(str(choice)) == choice for choice in choices)
        return {"type": "string", "default": choices[0], **({"enum": choices} if fixed else {})}
    return {"type": typed(_text(value)), "default": _texts(value)}


def _texts(value: Any) -> Any:
    """A value as Cookiecutter takes it: numbers become texts, at every depth."""
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    return [_texts(item) for item in value] if isinstance(value, list) else _text(value)


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, str, dict, list)) else str(value)


def _literals(draft: Draft, value: Any) -> Any:
    if isinstance(value, dict):
        return {draft.literal(key): _literals(draft, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literals(draft, item) for item in value]
    return draft.literal(value) if isinstance(value, str) else value


def _add_files(draft: Draft, context: Mapping[str, Any]) -> None:
    root = _root(draft)
    patterns = [str(pattern) for pattern in _listed(context, "_copy_without_render")]
    for path, file in draft.source.items():
        if path.startswith(root):
            relative = path.removeprefix(root)
            name, copied = _name(draft, relative, patterns)
            draft.put(name, file, rendered=not copied and text_of(file.content) is not None)
        elif path.startswith(_INCLUDED):
            draft.files[path] = file
        elif path == _DEFINITION or path.startswith(_HOOKS):
            draft.files[ORIGIN + path] = file
            if path != _DEFINITION:
                draft.not_executed.append(f"hook {path}")
        elif path.endswith(".py") and "/" not in path:
            draft.files[ORIGIN + path] = file


def _root(draft: Draft) -> str:
    begin, end = draft.option("variable_start_string", "{{"), draft.option("variable_end_string", "}}")
    tops = {path.partition("/")[0] for path in draft.source if "/" in path}
    found = sorted(top for top in tops if "cookiecutter" in top and begin in top and end in top)
    if not found:
        raise refused("files", f"have no folder such as {begin}cookiecutter.project_slug{end}")
    if len(found) > 1:
        raise refused("files", f"have several folders that are templates: {', '.join(found)[:300]}")
    return f"{found[0]}/"


def _name(draft: Draft, path: str, patterns: list[str]) -> tuple[str, bool]:
    """How a file is called, and whether it is only copied. What lies in a copied folder keeps its names."""
    for folder in _folders(path):
        if any(fnmatch(folder, pattern) for pattern in patterns):
            inside = path.removeprefix(f"{folder}/").split("/")
            return "/".join((folder, *map(draft.literal, inside))), True
    return path, any(fnmatch(path, pattern) for pattern in patterns)


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))
