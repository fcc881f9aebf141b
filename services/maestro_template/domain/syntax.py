"""Whether files are what their names say. Runs inside a worker: a file may be made to choke its reader."""

from __future__ import annotations

import ast
import json
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final
from xml.parsers import expat

import yaml

from maestro_template.domain.model import Folder, Problem


def syntax_problems(folder: Folder) -> Iterator[Problem]:
    """One problem for each file that can't be read as what it is; other files are not judged."""
    for path, file in folder.items():
        check = _CHECKS.get(PurePosixPath(path).suffix.lower())
        if check is None:
            continue
        try:
            check(file.content)
        except (ValueError, SyntaxError, yaml.YAMLError, expat.ExpatError) as error:
            yield Problem(path, _line(error), str(error)[:300])


def _python(content: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(content)


def _yaml(content: bytes) -> None:
    for _ in yaml.parse(content, yaml.CSafeLoader):
        pass


def _toml(content: bytes) -> None:
    tomllib.loads(content.decode())


def _xml(content: bytes) -> None:
    expat.ParserCreate().Parse(content, True)


_CHECKS: Final[Mapping[str, Callable[[bytes], object]]] = {
    ".json": json.loads,
    ".py": _python,
    ".toml": _toml,
    ".xml": _xml,
    ".yaml": _yaml,
    ".yml": _yaml,
}


def _line(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    return int(getattr(error, "lineno", 0) or 0)
