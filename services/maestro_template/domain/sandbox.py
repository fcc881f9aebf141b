"""The Jinja environment that templates run in: plain data in, text out, nothing else within reach.

It is the first of two walls; the second is the worker process it runs in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

import yaml
from jinja2 import BaseLoader, StrictUndefined, Template, TemplateNotFound
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from maestro_template.domain.model import Folder

_DATA: Final = (str, int, float, list, dict, tuple)
# Formatting reads attributes of its arguments; everything it is good for, filters do.
_REFUSED_METHODS: Final = frozenset({"format", "format_map", "mro"})
_KEPT_GLOBALS: Final = ("range", "dict", "namespace")
# Not reproducible, or a door to attributes.
_REFUSED_FILTERS: Final = ("random", "attr")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as Copier sets it up, minus everything that is not about data."""

    def __init__(self, folder: Folder) -> None:
        # Jinja writes a template's name into the Python code that it makes, and quotes it badly: a file name
        # that somebody chose must never be one.
        self._names = {path: f"file{number}" for number, path in enumerate(folder)}
        super().__init__(
            loader=_FolderLoader({self._names[path]: file for path, file in folder.items()}),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
            auto_reload=False,
            cache_size=-1,
        )
        self.globals = {name: self.globals[name] for name in _KEPT_GLOBALS}
        for name in _REFUSED_FILTERS:
            del self.filters[name]
        self.filters.update(FILTERS)

    def compiled(self, path: str) -> Template:
        """The template at a path of the folder. Raises TemplateError."""
        return self.get_template(self._names[path])

    def join_path(self, template: str, parent: str) -> str:
        """The name of what is included, imported or extended, by its path in the folder.

        Raises TemplateNotFound.
        """
        if template not in self._names:
            raise TemplateNotFound(template)
        return self._names[template]

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Allow the public methods of plain data and what Jinja itself hands to a template."""
        if attr.startswith("_") or attr in _REFUSED_METHODS:
            return False
        if isinstance(obj, (*_DATA, LoopContext, Macro, Namespace)):
            return super().is_safe_attribute(obj, attr, value)
        # An imported template's macros are the one other thing that has attributes.
        return isinstance(value, (Macro, *_DATA))

    def wrap_str_format(self, value: object) -> None:
        """Hand out no formatting method, not even Jinja's guarded one."""


class _FolderLoader(BaseLoader):
    """Finds a template's files by the names that the sandbox gave them."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def get_source(
        self, environment: object, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The text of one file. Raises UnicodeDecodeError."""
        return self._folder[template].content.decode(), None, None


def _to_json(value: object, indent: int | None = None, sort_keys: bool = False) -> str:
    return json.dumps(value, indent=indent, sort_keys=sort_keys, ensure_ascii=False)


def _to_yaml(value: object, indent: int = 2) -> str:
    return yaml.safe_dump(value, indent=indent, sort_keys=False, allow_unicode=True, default_flow_style=False)


def _regex_replace(value: str, pattern: str, replacement: str, ignorecase: bool = False) -> str:
    return re.sub(pattern, replacement, value, flags=re.IGNORECASE if ignorecase else 0)


# Named and behaving as the filters that Copier loads, so that a template renders the same there.
FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "to_json": _to_json,
    "to_nice_yaml": _to_yaml,
    "regex_replace": _regex_replace,
}
