"""The Jinja environment that templates run in: plain data in, text out, nothing else within reach.

It is the first of two walls; the second is the worker process it runs in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import yaml
from jinja2 import BaseLoader, StrictUndefined, Template, TemplateNotFound, Undefined
from jinja2.ext import ExprStmtExtension, Extension, LoopControlExtension
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from maestro_template.domain.model import RENDERED_SUFFIX, Dialect, Folder, Json
from maestro_template.domain.now_tag import NowExtension

_DATA: Final = (str, int, float, list, dict, tuple)
# Formatting reads attributes of its arguments; everything it is good for, filters do.
_REFUSED_METHODS: Final = frozenset({"format", "format_map", "mro"})
# Not reproducible, or a door to attributes.
_REFUSED_FILTERS: Final = ("random", "attr")
# Options of a dialect that are not Jinja's.
_OURS: Final = frozenset({"newline", "compatible"})


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as Copier sets it up, minus everything that is not about data.

    Templates of other tools are read by its subclasses, behind the same wall.
    """

    # Defaults are expressions at every depth, not on their top alone.
    deep_defaults: ClassVar[bool] = False
    shown_globals: ClassVar[tuple[str, ...]] = ("range", "dict", "namespace")

    def __init__(self, folder: Folder, dialect: Dialect) -> None:
        # Jinja writes a template's name into the Python code that it makes, and quotes it badly: a file name
        # that somebody chose must never be one.
        self._names = {path: f"file{number}" for number, path in enumerate(folder)}
        self._dialect = dialect
        options = {name: value for name, value in dialect.options.items() if name not in _OURS}
        super().__init__(
            loader=_FolderLoader({self._names[path]: file for path, file in folder.items()}),
            undefined=StrictUndefined if dialect.strict else Undefined,
            auto_reload=False,
            cache_size=-1,
            extensions=[_EXTENSIONS[name] for name in dialect.extensions],
            **{"keep_trailing_newline": True, **options},
        )
        self.globals = {name: self.globals[name] for name in self.shown_globals}
        for name in _REFUSED_FILTERS:
            del self.filters[name]
        self.filters.update(FILTERS)
        self._marks = tuple(
            mark
            for mark in (
                self.block_start_string,
                self.variable_start_string,
                self.comment_start_string,
                self.line_statement_prefix,
                self.line_comment_prefix,
            )
            if mark
        )

    def is_template(self, text: str) -> bool:
        """Whether a text holds anything but itself."""
        return any(mark in text for mark in self._marks)

    def scope(self, values: Mapping[str, Json]) -> Mapping[str, object]:
        """What the manifest's expressions see of the parameters' values."""
        return values

    def file_scope(self, values: Mapping[str, Json], given: Mapping[str, Json]) -> Mapping[str, object]:
        """What files see; `given` are expressions that a rule gives them. Raises TemplateError."""
        return self.scope(values)

    def excludes(self, values: Mapping[str, Json]) -> Callable[[str], bool]:
        """Tells of a path in the output whether it is left out. Raises TemplateError."""
        return lambda _: False

    def line_end(self, content: bytes) -> str:
        """What ends the lines of a file that is rendered."""
        return "\n"

    def compiled(self, path: str) -> Template:
        """The template at a path of the folder. Raises TemplateError."""
        return self.get_template(self._names[path])

    def join_path(self, template: str, parent: str) -> str:
        """The name of what is included, imported or extended, by its path in the folder.

        Raises TemplateNotFound.
        """
        wanted = template.removeprefix("./")
        for before, now in self._dialect.roots:
            if wanted.startswith(before):
                path = now + wanted.removeprefix(before)
                for found in (path, path.removesuffix(self._dialect.suffix) + RENDERED_SUFFIX):
                    if found in self._names:
                        return self._names[found]
        raise TemplateNotFound(template)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Allow the public methods of plain data and what Jinja itself hands to a template."""
        if attr.startswith("_") or attr in _REFUSED_METHODS:
            return False
        if isinstance(obj, (*_DATA, LoopContext, Macro, Namespace, Cycler, Joiner)):
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
# Extensions that only add syntax: nothing that a template could not have said otherwise.
_EXTENSIONS: Final[Mapping[str, type[Extension]]] = {
    "do": ExprStmtExtension,
    "loopcontrols": LoopControlExtension,
    "now": NowExtension,
}
