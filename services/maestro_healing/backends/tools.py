"""The commands that build a project, check its types and lint it. A project's own tools come first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from maestro_healing.backends import interpreters
from maestro_healing.backends.interpreters import Build
from maestro_healing.domain.looking import CheckRequest
from maestro_healing.domain.monitor import ErrorKind

OUTPUT = "output.txt"
# The tests' interpreter starts every tool, for a job sees the program that it starts; what the tool writes to
# its standard output is kept.
_STARTER = """\
import os, sys
os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 1)
os.execv(sys.argv[2], sys.argv[2:])
"""
_NO_CACHE = "/dev/null"
_WHEELS = "{artifacts}/wheels"
_MODULES = {ErrorKind.TYPE: "mypy", ErrorKind.LINT: "ruff"}
# What projects without tools of their own are checked with.
_REQUIRED = {ErrorKind.TYPE: "mypy>=1.17", ErrorKind.LINT: "ruff>=0.12"}


@dataclass(frozen=True)
class Tool:
    """A command, and what it needs."""

    arguments: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    caches: Mapping[str, bool] = field(default_factory=dict)
    network: bool = False


def build(python: str) -> Tool:
    """Builds a wheel. What builds it comes from the package index."""
    found = interpreters.installer()
    command = (found.uv, "build", "--wheel", "--out-dir", _WHEELS, "--python", python)
    return Tool(_started(python, command), found.env, {interpreters.INSTALLER_CACHE: True}, network=True)


def check(kind: ErrorKind, targets: Sequence[str], python: str, tools: str) -> Tool:
    """Checks types or lints with the tool that an interpreter has; `python` is what the tests run with."""
    # Isolated: a project's `types.py` is no module of the tool.
    module = (tools, "-I", "-m", _MODULES[kind])
    if kind is ErrorKind.LINT:
        return Tool(_started(python, (*module, "check", "--output-format=concise", "--no-cache", ".")))
    options = (
        *("--show-error-codes", "--no-error-summary", "--no-pretty", "--hide-error-context"),
        *("--no-color-output", f"--cache-dir={_NO_CACHE}", "--python-executable", python),
    )
    return Tool(_started(python, (*module, *options, *targets)))


def lacks(kind: ErrorKind, log_tail: str) -> bool:
    """Whether an interpreter said that it does not have the tool."""
    return f"No module named {_MODULES.get(kind)}" in log_tail


def names_no_target(request: CheckRequest, log_tail: str) -> bool:
    """Whether the type checker said that the project's settings do not tell it what to check."""
    return request.kind is ErrorKind.TYPE and "Missing target module" in log_tail


def own(kind: ErrorKind) -> Build:
    """How to build an interpreter that has the tool."""
    wanted = _REQUIRED[kind]
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:12]
    return interpreters.build_of(f"{_MODULES[kind]}-{digest}", [[wanted]])


def _started(python: str, command: Sequence[str]) -> Sequence[str]:
    return (python, "-I", "-c", _STARTER, f"{{artifacts}}/{OUTPUT}", *command)
