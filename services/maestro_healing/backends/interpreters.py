"""Which Python runs a project's tests, and what it takes to build one."""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import uv

from maestro_core.errors import FieldViolation, InvalidArgument

_EXTRAS = ("test", "tests", "testing", "dev")
_REQUIREMENTS = ("requirements*.txt", "*requirements.txt", "requirements/*.txt")
_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_TEST_WORDS = ("test", "dev")
# What an installer needs to know of this machine to reach its package index.
_INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NATIVE_TLS",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip
CACHE_PREFIX = "python-"
INSTALLER_CACHE = "installer"


@dataclass(frozen=True)
class Build:
    """An interpreter that is to be built: a cache of its own, and the command that fills it once."""

    cache: str
    script: str
    env: Mapping[str, str]

    @property
    def python(self) -> str:
        """Its path, as jobs name it."""
        return f"{{cache.{self.cache}}}/venv/bin/python"


def check(python: str) -> None:
    """Raise InvalidArgument where a named interpreter can't be run."""
    if python and not (Path(python).is_absolute() and os.access(python, os.X_OK) and Path(python).is_file()):
        raise InvalidArgument(
            f"{python} is no interpreter that can be run.",
            reason="INTERPRETER_INVALID",
            violations=[FieldViolation("spec.python", "must be the absolute path of an executable file")],
        )


def find(python: str, folder: Path) -> str | None:
    """The interpreter that is named, or the project's own; None where one must be built."""
    own = folder / ".venv" / "bin" / "python"
    if python:
        return python
    return str(own) if os.access(own, os.X_OK) else None


def plan(tree: Path) -> Build:
    """How to build an interpreter from the project's own metadata and test extras."""
    files = sorted(
        {tree / name for name in _BUILD_FILES} | {path for glob in _REQUIREMENTS for path in tree.glob(glob)}
    )
    files = [path for path in files if path.is_file()]
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        digest.update(path.relative_to(tree).as_posix().encode() + b"\0" + path.read_bytes())
    cache = CACHE_PREFIX + digest.hexdigest()[:24]
    wanted = ["pytest"]
    if any(path.name in _BUILD_FILES for path in files) and _is_package(tree):
        wanted.append(f"./[{','.join(_EXTRAS)}]")
    for path in files:
        if path.suffix == ".txt" and any(word in path.stem for word in (*_TEST_WORDS, "requirements")):
            wanted += ["-r", path.relative_to(tree).as_posix()]
    for group in _groups(tree):
        wanted += ["--group", group]
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    uv_bin = uv.find_uv_bin()
    place = f"{{cache.{cache}}}"
    quoted = " ".join(_quote(word) for word in wanted)
    script = (
        f"test -f {place}/ready && exit 0; set -e; "
        f"{_quote(uv_bin)} venv -q --clear --python {_quote(str(base))} {place}/venv; "
        f"{_quote(uv_bin)} pip install -q --python {place}/venv/bin/python {quoted}; "
        f"touch {place}/ready"
    )
    env = {name: os.environ[name] for name in _INDEX_VARIABLES if name in os.environ}
    env["UV_CACHE_DIR"] = f"{{cache.{INSTALLER_CACHE}}}"
    env["UV_NO_CONFIG"] = "1"
    return Build(cache, script, env)


def _is_package(tree: Path) -> bool:
    if any((tree / name).is_file() for name in ("setup.py", "setup.cfg")):
        return True
    return bool({"project", "build-system"} & set(_pyproject(tree)))


def _groups(tree: Path) -> list[str]:
    groups = _pyproject(tree).get("dependency-groups", {})
    return [name for name in _EXTRAS if isinstance(groups, dict) and name in groups]


def _pyproject(tree: Path) -> dict[str, object]:
    try:
        return tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _quote(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
