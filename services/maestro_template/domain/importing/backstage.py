"""Backstage: a template.yaml whose steps fetch skeletons; what else its steps do is not done here."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import yaml

from maestro_template.domain.importing.draft import ORIGIN, Draft, refused, without
from maestro_template.domain.importing.globs import matches
from maestro_template.domain.manifest import load_plain_yaml
from maestro_template.domain.model import File, Folder, Json
from maestro_template.domain.texts import text_of

_DEFINITION: Final = "template.yaml"
_API: Final = "scaffolder.backstage.io/"
_TEMPLATE, _PLAIN = "fetch:template", "fetch:plain"
_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "array", "object"})


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that fetches files from the template's own folder."""

    label: str
    source: str
    target: str
    input: Mapping[str, Any]
    when: str | None
    rendered: bool


def is_backstage(folder: Folder) -> bool:
    """Whether Backstage would take it."""
    return _DEFINITION in folder and _API.encode() in folder[_DEFINITION].content


def import_backstage(folder: Folder) -> Draft:
    """A draft. Raises InvalidArgument (IMPORT_REFUSED)."""
    document = _read(folder[_DEFINITION].content)
    spec = _mapping(document, "spec")
    metadata = _mapping(document, "metadata")
    draft = Draft(
        folder,
        name=str(metadata.get("title") or metadata.get("name") or ""),
        template_id=str(metadata.get("name") or ""),
        summary=" ".join(str(metadata.get("description") or "").split()),
        owner=str(spec.get("owner") or ""),
        tags=[str(tag) for tag in metadata.get("tags") or ()],
    )
    draft.files[ORIGIN + _DEFINITION] = folder[_DEFINITION]
    _ask(draft, spec.get("parameters") or [])
    steps = list(_steps(draft, spec.get("steps") or []))
    if not steps:
        raise refused("steps", f"have no {_TEMPLATE} or {_PLAIN} of files that are given here")
    _set_dialect(draft, steps)
    for step in steps:
        _add(draft, step)
    _refuse_mixed(draft, steps)
    return draft


def _read(content: bytes) -> dict[str, Any]:
    try:
        document = load_plain_yaml(content.decode())
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise refused(_DEFINITION, f"is not YAML that is taken: {str(error)[:300]}") from error
    if not isinstance(document, dict) or not str(document.get("apiVersion", "")).startswith(_API):
        raise refused(_DEFINITION, f"is of no version of {_API}")
    return document


def _mapping(parent: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = parent.get(name) or {}
    if not isinstance(found, dict):
        raise refused(name, "must be a mapping")
    return found


def _ask(draft: Draft, pages: Any) -> None:
    for page in pages if isinstance(pages, list) else [pages]:
        if not isinstance(page, dict):
            raise refused("parameters", "must be pages of questions")
        for name, spec in _mapping(page, "properties").items():
            draft.properties[name] = _parameter(spec)
        draft.required += [
            name
            for name in page.get("required") or ()
            if "default" not in draft.properties.get(name, {"default": None})
        ]
        # What is asked only where other answers ask for it can't be required here.
        for name, spec in _conditional(page):
            draft.properties.setdefault(name, _parameter(spec))


def _parameter(spec: Any) -> dict[str, Any]:
    if not isinstance(spec, dict):
        raise refused("parameters", "must say of each one what it is")
    kind = spec.get("type", "string")
    if kind not in _TYPES:
        raise refused("parameters", f"have the type {str(kind)[:40]!r}")
    kept = {key: value for key, value in spec.items() if not key.startswith("ui:") and key != "enumNames"}
    return {**kept, "type": kind}


def _conditional(page: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    nested: list[Any] = [page.get("then"), page.get("else")]
    for keyword in ("allOf", "anyOf", "oneOf"):
        nested += page.get(keyword) or []
    nested += [one for one in _mapping(page, "dependencies").values() if isinstance(one, dict)]
    for part in nested:
        if isinstance(part, dict):
            yield from _mapping(part, "properties").items()
            yield from _conditional(part)


def _steps(draft: Draft, steps: Any) -> Iterator[_Step]:
    for number, step in enumerate(steps if isinstance(steps, list) else [steps]):
        if not isinstance(step, dict):
            raise refused("steps", "must be mappings")
        action, given = str(step.get("action", "")), _mapping(step, "input")
        label = f"{step.get('id') or number}: {action}"
        place = str(given.get("url", ""))
        if action not in (_TEMPLATE, _PLAIN) or "://" in place or "${{" in place or place.startswith("/"):
            draft.not_executed.append(f"step {label}" + (f" from {place[:200]}" if "://" in place else ""))
            continue
        source, target = (posixpath.normpath(path) for path in (place, str(given.get("targetPath") or ".")))
        if source.startswith("..") or target.startswith(("..", "/")):
            raise refused(label, "leaves the template's folder")
        when = step.get("if")
        yield _Step(
            label=label,
            source="" if source == "." else f"{source}/",
            target="" if target == "." else f"{target}/",
            input=given,
            when=None if when is None else str(when),
            rendered=action == _TEMPLATE,
        )


def _set_dialect(draft: Draft, steps: list[_Step]) -> None:
    names = {"trimBlocks": "trim_blocks", "lstripBlocks": "lstrip_blocks", "cookiecutterCompat": "compatible"}
    chosen = [
        {ours: bool(step.input[theirs]) for theirs, ours in names.items() if step.input.get(theirs)}
        for step in steps
        if step.rendered
    ]
    if any(options != chosen[0] for options in chosen):
        raise refused("steps", "read their files in different ways; a template has one")
    options: dict[str, Any] = chosen[0] if chosen else {}
    if not options.get("compatible"):
        options["variable_start_string"] = "${{"
    draft.dialect = {"options": options, "suffix": ""}


def _add(draft: Draft, step: _Step) -> None:
    if not any(path.startswith(step.source) for path in draft.source):
        raise refused(step.label, f"fetches {step.source!r}, where there are no files")
    for path, file in draft.source.items():
        if path.startswith(step.source) and path != _DEFINITION:
            _put(draft, step, path.removeprefix(step.source), file)
    rule: dict[str, Json] = without({"when": step.when, "values": step.input.get("values")})
    if rule:
        draft.rules.append({"match": _escaped(step.target) + "*", **rule})


def _put(draft: Draft, step: _Step, path: str, file: File) -> None:
    def listed(name: str) -> bool:
        return any(matches(str(pattern), path) for pattern in step.input.get(name) or ())

    extension = step.input.get("templateFileExtension")
    suffix = ".njk" if extension is True else str(extension or "")
    rendered, name = step.rendered, path
    if listed("copyWithoutRender") or not step.rendered:
        rendered, name = False, "/".join(map(draft.literal, path.split("/")))
    elif suffix:
        rendered, name = path.endswith(suffix), path.removesuffix(suffix)
    elif listed("copyWithoutTemplating"):
        rendered = False
    draft.put(step.target + name, file, rendered=rendered and text_of(file.content) is not None)


def _refuse_mixed(draft: Draft, steps: list[_Step]) -> None:
    """The last rule that matches a file wins: it must be the one of the step that the file comes from."""
    ruled = [step for step in steps if step.when is not None or step.input.get("values")]
    for at, step in enumerate(ruled):
        for later in ruled[at + 1 :]:
            for path in (path for path in draft.source if path.startswith(step.source)):
                stored = step.target + path.removeprefix(step.source)
                if fnmatchcase(stored, _escaped(later.target) + "*"):
                    raise refused(later.label, f"and {step.label} both write to {later.target or './'!r}")


def _escaped(text: str) -> str:
    """A text as a pattern that matches nothing else."""
    return text.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
