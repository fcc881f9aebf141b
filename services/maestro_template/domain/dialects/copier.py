"""Copier's language: Jinja with Ansible's filters, and patterns of files that are left out."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import md5, sha1
from pathlib import PurePosixPath
from typing import Any, Final, cast
from unicodedata import normalize
from uuid import UUID, uuid5

import yaml
from jinja2 import TemplateRuntimeError, Undefined
from pathspec import PathSpec

from maestro_template.domain.model import Dialect, Folder, Json
from maestro_template.domain.sandbox import Sandbox

_ANSWERS_FILE: Final = ".copier-answers.yml"
_ANSIBLE: Final = UUID("20851c88-ac15-449f-9ee7-74829105da86")
_TRUE: Final = frozenset({"yes", "on", "1", "true"})
_LINES: Final = re.compile(r"\r\n|\r|\n")


class CopierSandbox(Sandbox):
    """What Copier adds to Jinja by itself, without the filters that look at the machine."""

    deep_defaults = True
    shown_globals = (*Sandbox.shown_globals, "cycler", "joiner")

    def __init__(self, folder: Folder, dialect: Dialect) -> None:
        super().__init__(folder, dialect)
        self.filters.update(_FILTERS)
        self.globals["pathjoin"] = _pathjoin

    def scope(self, values: Mapping[str, Json]) -> Mapping[str, object]:
        """The answers, and the little of Copier's own that does not depend on the machine."""
        answers = {name: value for name, value in values.items() if value is not None}
        conf = {"answers_file": _ANSWERS_FILE, "sep": "/", "os": "linux"}
        return {**values, "_copier_answers": answers, "_copier_conf": conf, "_copier_phase": "render"}

    def excludes(self, values: Mapping[str, Json]) -> Callable[[str], bool]:
        """Tells of a path in the output whether a pattern leaves it out."""
        scope = {**self.scope(values), "_copier_operation": "copy"}
        patterns = [
            normalize("NFD", line)
            for pattern in self._dialect.exclude
            for line in _LINES.split(self.from_string(pattern).render(scope))
        ]
        return PathSpec.from_lines("gitwildmatch", patterns).match_file


def _pathjoin(*parts: str) -> str:
    return str(PurePosixPath(*parts))


def _to_json(value: object, indent: int | None = None, sort_keys: bool = False) -> str:
    return json.dumps(value, indent=indent, sort_keys=sort_keys)


def _to_nice_json(value: object, indent: int = 4, sort_keys: bool = True) -> str:
    return json.dumps(value, indent=indent, sort_keys=sort_keys, separators=(",", ": "))


def _to_yaml(value: object, default_flow_style: bool | None = None, sort_keys: bool = True) -> str:
    return yaml.safe_dump(
        value, allow_unicode=True, default_flow_style=default_flow_style, sort_keys=sort_keys
    )


def _to_nice_yaml(value: object, indent: int = 4, sort_keys: bool = True) -> str:
    return yaml.safe_dump(
        value, indent=indent, allow_unicode=True, default_flow_style=False, sort_keys=sort_keys
    )


def _bool(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    return value.lower() in _TRUE if isinstance(value, str) else value == 1


def _search(value: str, pattern: str, *groups: str, ignorecase: bool = False, multiline: bool = False) -> Any:
    found = re.search(pattern, value, _flags(ignorecase, multiline))
    if found is None:
        return None
    names = [group.removeprefix("\\g<").removesuffix(">").removeprefix("\\") for group in groups]
    return [found.group(int(name) if name.isdigit() else name) for name in names] or found.group()


def _find_all(value: str, pattern: str, multiline: bool = False, ignorecase: bool = False) -> list[Any]:
    return re.findall(pattern, value, _flags(ignorecase, multiline))


def _flags(ignorecase: bool, multiline: bool) -> re.RegexFlag:
    return (re.IGNORECASE if ignorecase else re.NOFLAG) | (re.MULTILINE if multiline else re.NOFLAG)


def _ternary(value: object, yes: object, no: object, unknown: object = None) -> object:
    if value is None and unknown is not None:
        return unknown
    return yes if value else no


def _mandatory(value: object, message: str | None = None) -> object:
    if isinstance(value, Undefined):
        raise TemplateRuntimeError(message or "a mandatory value is missing")
    return value


def _flatten(values: list[Any], levels: int | None = None) -> list[Any]:
    def walk(items: list[Any], left: int | None) -> Iterator[Any]:
        for item in items:
            if isinstance(item, list) and left != 0:
                yield from walk(item, None if left is None else left - 1)
            elif item not in (None, "None", "null"):
                yield item

    return list(walk(values, levels))


def _combine(*terms: dict[str, Any]) -> dict[str, Any]:
    return {name: value for term in terms for name, value in term.items()}


_FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "to_json": _to_json,
    "to_nice_json": _to_nice_json,
    "from_json": json.loads,
    "to_yaml": _to_yaml,
    "to_nice_yaml": _to_nice_yaml,
    "from_yaml": yaml.safe_load,
    "b64encode": lambda text: b64encode(str(text).encode()).decode(),
    "b64decode": lambda text: b64decode(str(text)).decode(),
    "to_uuid": lambda text: str(uuid5(_ANSIBLE, str(text))),
    "basename": posixpath.basename,
    "dirname": posixpath.dirname,
    "splitext": lambda path: list(posixpath.splitext(path)),
    "bool": _bool,
    "quote": lambda text: shlex.quote(str(text)),
    "md5": lambda text: md5(str(text).encode(), usedforsecurity=False).hexdigest(),
    "sha1": lambda text: sha1(str(text).encode(), usedforsecurity=False).hexdigest(),
    "checksum": lambda text: sha1(str(text).encode(), usedforsecurity=False).hexdigest(),
    "regex_search": _search,
    "regex_findall": _find_all,
    "regex_escape": lambda text: re.escape(cast(str, text)),
    "ternary": _ternary,
    "mandatory": _mandatory,
    "combine": _combine,
    "flatten": _flatten,
}
