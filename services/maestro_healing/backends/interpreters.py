"""Which Python runs a project's tests, and what it takes to build one."""

from __future__ import annotations

import configparser
import hashlib
import inspect
import json
import os
import ssl
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uv
from packaging.requirements import InvalidRequirement, Requirement

from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_healing.backends import build_interpreter

_EXTRAS = ("test", "tests", "testing", "dev")
_REQUIREMENTS = ("requirements*.txt", "*requirements.txt", "requirements/*.txt")
_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini")
_LARGEST_FILE = 2**20
_TEST_WORDS = ("test", "dev", "requirements")
# What an installer needs to know of this machine to reach its package index.
_INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NATIVE_TLS",
    "UV_CONSTRAINT", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip
# pip's settings where uv's are not there: people set a mirror for the one and mean both.
_PIP_VARIABLES = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CONSTRAINT": "UV_CONSTRAINT",
}
# A copy has no tags to make a version of.
_VERSION = {"SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.0", "PBR_VERSION": "0.0.0"}
CACHE_PREFIX = "python-"
INSTALLER_CACHE = "installer"


@dataclass(frozen=True)
class Build:
    """An interpreter that is to be built: a cache of its own, and the command that fills it once."""

    cache: str
    command: Sequence[str]
    env: Mapping[str, str]

    @property
    def python(self) -> str:
        """Its path, as jobs name it."""
        return f"{{cache.{self.cache}}}/venv/bin/python"


def check(python: str) -> None:
    """Raise InvalidArgument where a named interpreter can't be run."""
    if python and not (Path(python).is_absolute() and Path(python).is_file() and os.access(python, os.X_OK)):
        raise InvalidArgument(
            f"{python} is no interpreter that can be run.",
            reason="INTERPRETER_INVALID",
            violations=[FieldViolation("spec.python", "must be the absolute path of an executable file")],
        )


def find(folder: Path, top: Path) -> str | None:
    """The interpreter of the `.venv` of a project or of a folder around it, up to `top`; None without one."""
    for place in (folder, *folder.parents):
        python = place / ".venv" / "bin" / "python"
        if os.access(python, os.X_OK):
            return str(python)
        if place == top:
            break
    return None


def plan(tree: Path) -> Build:
    """How to build an interpreter from the project's own metadata and test extras."""
    files = sorted(_inputs(tree))
    base = _base_interpreter()
    digest = hashlib.sha256(f"{base}\0{sys.version}".encode())
    for path in files:
        digest.update(path.relative_to(tree).as_posix().encode() + b"\0" + path.read_bytes())
    return build_of(CACHE_PREFIX + digest.hexdigest()[:24], list(_attempts(tree, files)))


def build_of(cache: str, attempts: Sequence[Sequence[str]]) -> Build:
    """How to build an interpreter with the first of these that can be installed."""
    source, found, base = inspect.getsource(build_interpreter), installer(), _base_interpreter()
    command = [sys.executable, "-I", "-c", source, f"{{cache.{cache}}}", found.uv, base, json.dumps(attempts)]
    return Build(cache, command, found.env)


@dataclass(frozen=True)
class Installer:
    """The installer, and what it needs to know in a job that has its cache."""

    uv: str
    env: Mapping[str, str]


def installer() -> Installer:
    """The installer of this machine."""
    settings = {
        "UV_CACHE_DIR": f"{{cache.{INSTALLER_CACHE}}}",
        "UV_LINK_MODE": "copy",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    return Installer(uv.find_uv_bin(), {**_index(), **_VERSION, **settings})


def is_package(tree: Path) -> bool:
    """Whether there is something to build."""
    if any((tree / name).is_file() for name in ("setup.py", "setup.cfg")):
        return True
    return bool({"project", "build-system"} & set(_pyproject(tree)))


def _inputs(tree: Path) -> set[Path]:
    files = {tree / name for name in _BUILD_FILES}
    for pattern in _REQUIREMENTS:
        files.update(tree.glob(pattern))
    return {path for path in files if _is_usual(path)}


def _is_usual(path: Path) -> bool:
    """Whether there is such a file, and people may have written it."""
    return path.is_file() and path.stat().st_size <= _LARGEST_FILE


def _attempts(tree: Path, files: Sequence[Path]) -> Iterator[list[str]]:
    """What to install: the project with its test extras; without it where it can't be built."""
    beside = [f"--group={group}" for group in _groups(tree)]
    for path in files:
        if path.suffix == ".txt" and any(word in path.stem for word in _TEST_WORDS):
            beside += ["-r", path.relative_to(tree).as_posix()]
    if tox := list(_tox_deps(tree)):
        yield from _with_project(tree, [*beside, *tox])
    yield from _with_project(tree, beside)


def _with_project(tree: Path, beside: Sequence[str]) -> Iterator[list[str]]:
    if is_package(tree):
        yield ["pytest", f"./[{','.join(_EXTRAS)}]", *beside]
        if "project" in _pyproject(tree):
            extras = [f"--extra={extra}" for extra in _extras(tree)]
            yield ["pytest", "-r", "pyproject.toml", *extras, *beside]
    else:
        yield ["pytest", *beside]


def _tox_deps(tree: Path) -> Iterator[str]:
    """What tox installs beside the project; options, variables and conditions are left out."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(tree / "tox.ini", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return
    for line in config.get("testenv", "deps", fallback="").splitlines():
        try:
            yield str(Requirement(line.strip()))
        except InvalidRequirement:
            continue


def _base_interpreter() -> str:
    """The interpreter behind our own virtual environment."""
    return os.path.realpath(sys.executable)


def _index() -> dict[str, str]:
    found = {ours: os.environ[pip] for pip, ours in _PIP_VARIABLES.items() if pip in os.environ}
    if links := found.get("UV_FIND_LINKS"):
        found["UV_FIND_LINKS"] = ",".join(links.split())
    if ssl.create_default_context().get_ca_certs():  # a company's own authority may be among the system's
        found["UV_SYSTEM_CERTS"] = "1"
    return {**found, **{name: os.environ[name] for name in _INDEX_VARIABLES if name in os.environ}}


def _groups(tree: Path) -> list[str]:
    groups = _pyproject(tree).get("dependency-groups")
    return [name for name in _EXTRAS if isinstance(groups, dict) and name in groups]


def _extras(tree: Path) -> list[str]:
    project = _pyproject(tree).get("project")
    extras = project.get("optional-dependencies") if isinstance(project, dict) else None
    return [name for name in _EXTRAS if isinstance(extras, dict) and name in extras]


def _pyproject(tree: Path) -> dict[str, object]:
    if not _is_usual(tree / "pyproject.toml"):
        return {}
    try:
        return tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return {}
