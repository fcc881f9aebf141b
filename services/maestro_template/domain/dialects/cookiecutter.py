"""Cookiecutter's language: Jinja that sees the answers as `cookiecutter`, in every text file."""

from __future__ import annotations

import io
import json
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import Final

from slugify import slugify

from maestro_template.domain.model import Dialect, Folder, Json
from maestro_template.domain.sandbox import Sandbox

_SAMPLE: Final = 8192


class CookiecutterSandbox(Sandbox):
    """What Cookiecutter adds to Jinja by itself."""

    deep_defaults = True
    shown_globals = (*Sandbox.shown_globals, "cycler", "joiner")

    def __init__(self, folder: Folder, dialect: Dialect) -> None:
        super().__init__(folder, dialect)
        self.filters.update({"jsonify": _jsonify, "slugify": slugify})
        self.globals.update({"random_ascii_string": _random_ascii_string, "uuid4": _uuid4})

    def scope(self, values: Mapping[str, Json]) -> Mapping[str, object]:
        """All answers below one name."""
        return {"cookiecutter": values}

    def line_end(self, content: bytes) -> str:
        """The one that is set, else the one that the file's first lines have."""
        if chosen := self._dialect.options.get("newline"):
            return str(chosen)
        seen = io.IncrementalNewlineDecoder(None, translate=True)
        seen.decode(content[:_SAMPLE].decode(errors="ignore"))
        found = seen.newlines
        return (found[0] if isinstance(found, tuple) else found) or "\n"


def _jsonify(value: object, indent: int = 4) -> str:
    return json.dumps(value, sort_keys=True, indent=indent)


def _random_ascii_string(length: int, punctuation: bool = False) -> str:
    letters = string.ascii_letters + (string.punctuation if punctuation else "")
    return "".join(secrets.choice(letters) for _ in range(length))


def _uuid4() -> str:
    return str(uuid.uuid4())
