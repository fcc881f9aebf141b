"""What every importer gives, and how a template is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_template.domain.folder import digest
from maestro_template.domain.model import (
    FILES_ROOT,
    MANIFEST,
    README,
    RENDERED_SUFFIX,
    File,
    Folder,
    Json,
    Language,
)

# What the tool would have read or run, kept for people to look at.
ORIGIN: Final = "origin/"
# Extensions of Jinja that only add syntax, by the names that the sandbox has for them.
SYNTAX: Final = {
    "jinja2.ext.do": "do",
    "jinja2.ext.loopcontrols": "loopcontrols",
    "jinja2_time.TimeExtension": "now",
}
_OPTIONS: Final = frozenset(
    {
        *(f"{kind}_{end}_string" for kind in ("block", "variable", "comment") for end in ("start", "end")),
        *("line_statement_prefix", "line_comment_prefix", "trim_blocks", "lstrip_blocks"),
        *("keep_trailing_newline", "autoescape"),
    }
)
_ID_LENGTH: Final = 63


@dataclass(frozen=True, slots=True)
class Imported:
    """A folder that is a template of Maestro's, and what of the original is never executed."""

    folder: Folder
    not_executed: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """A template in the making."""

    source: Folder
    name: str = ""
    summary: str = ""
    owner: str = ""
    template_id: str = ""
    tags: Iterable[str] = ()
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    dialect: dict[str, Any] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    not_executed: list[str] = field(default_factory=list)

    def option(self, name: str, default: str) -> str:
        """An option of Jinja that is a text."""
        return str(self.dialect.get("options", {}).get(name, default))

    def put(self, path: str, file: File, *, rendered: bool) -> None:
        """Add a file of the output; its name is read as it is written.

        Raises InvalidArgument (IMPORT_REFUSED) where another one has its name.
        """
        stored = FILES_ROOT + (path + RENDERED_SUFFIX if rendered else self._plain(path))
        if stored in self.files:
            raise refused("files", f"{path[:200]!r} is given twice")
        self.files[stored] = file

    def literal(self, text: str) -> str:
        """A text that stays as it is where a name is read."""
        marks = [
            self.option(f"{kind}_start_string", default)
            for kind, default in (("block", "{%"), ("variable", "{{"), ("comment", "{#"))
        ]
        if not any(mark in text for mark in marks):
            return text
        begin, end = self.option("block_start_string", "{%"), self.option("block_end_string", "%}")
        return f"{begin} raw {end}{text}{begin} endraw {end}"

    def _plain(self, path: str) -> str:
        """A name that does not say that its file is rendered."""
        if not path.endswith(RENDERED_SUFFIX):
            return path
        begin, end = self.option("variable_start_string", "{{"), self.option("variable_end_string", "}}")
        return f"{path.removesuffix('jinja')}{begin} 'jinja' {end}"


def refused(where: str, why: str) -> InvalidArgument:
    """The original can't be made a template of Maestro's."""
    return InvalidArgument(
        f"this can't be imported: {where} {why}",
        reason="IMPORT_REFUSED",
        violations=[FieldViolation("files", f"{where}: {why}"[:500])],
    )


def jinja_options(given: object) -> dict[str, Any]:
    """Options of Jinja that only shape templates. Raises InvalidArgument (IMPORT_REFUSED)."""
    if not isinstance(given, dict):
        if given is None:
            return {}
        raise refused("options of Jinja", "must be a mapping")
    if unknown := sorted(set(map(str, given)) - _OPTIONS):
        raise refused("options of Jinja", f"are not taken: {', '.join(unknown)[:200]}")
    return dict(given)


def without(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is set of some keywords."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def finish(draft: Draft, language: Language, template_id: str, owner: str) -> Imported:
    """The folder of a draft."""
    made_up = f"{language}-{digest(draft.source)[:12]}"
    manifest = {
        "id": template_id or _slug(draft.template_id or draft.name) or made_up,
        "version": "1.0.0",
        "name": (draft.name or template_id or made_up)[:120],
        "summary": (draft.summary or f"Imported from a {language.capitalize()} template.")[:500],
        "category": "imported",
        "kind": str(language),
        "owner": (draft.owner or owner)[:120] or "unknown",
        "tags": sorted({tag for tag in map(_slug, draft.tags) if tag})[:20],
        "dialect": {"language": str(language), **draft.dialect},
        "parameters": {"required": draft.required, "properties": draft.properties},
        "rules": draft.rules,
        "answer_sets": [] if draft.required else [{"name": "defaults", "answers": {}}],
    }
    text = yaml.dump(without(manifest), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)
    folder = {MANIFEST: File(text.encode()), **draft.files}
    if README in draft.source:
        folder[README] = draft.source[README]
    return Imported(folder, tuple(dict.fromkeys(draft.not_executed)))


class _Plain(yaml.SafeDumper):
    """Writes no aliases, which a manifest may not have."""

    def ignore_aliases(self, data: object) -> bool:
        """Never."""
        return True


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if slug and not slug[0].isalpha():
        slug = f"t-{slug}"
    return slug[:_ID_LENGTH].rstrip("-")


def typed(value: Json) -> str:
    """The type of JSON Schema that a value has; a text where nothing is known."""
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "string")
