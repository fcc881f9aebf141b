"""Looks at a project: do its tests pass, does it build, what do the type checker and the linter say?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from maestro_healing.domain.errors import NOT_RUN, CannotHeal
from maestro_healing.domain.healing import Failure, HealingSpec
from maestro_healing.domain.monitor import Checked, ErrorKind, FoundError, Seen
from maestro_healing.domain.ports import Runner, nobody_listens
from maestro_healing.domain.session import Session
from maestro_healing.domain.sources import Project

_MOST_ERRORS = 1000
_LONGEST_MESSAGE = 400
# What cannot be built is told first, the tests last: they take the longest.
_ORDER = (ErrorKind.BUILD, ErrorKind.LINT, ErrorKind.TYPE, ErrorKind.TEST)
# `path:line[:column]: text`, as mypy and ruff both print it; ruff tells the cell of a notebook too.
_COMPLAINT = re.compile(r"(?P<path>[^:\n]+):(?:cell \d+:)?(?P<line>\d+)(?::\d+)?: (?P<text>.+)")
_FIXABLE = "[*] "
ENVIRONMENT = "environment"


@dataclass(frozen=True)
class CheckRequest:
    """One run of a tool. `targets` are what to check where the project's settings name none."""

    kind: ErrorKind
    targets: tuple[str, ...]
    timeout: float


@dataclass(frozen=True)
class Output:
    """What a tool said on its standard output, and how it ended."""

    text: str
    exit_status: int | None
    timed_out: bool
    log_tail: str


class Bench(Runner, Protocol):
    """Runs tests and tools on a project, away from the user's tree."""

    async def check(self, request: CheckRequest) -> Output:
        """One run to its end, in a fresh process. Raises CannotHeal where it can't be run at all."""
        ...


async def look(bench: Bench, project: Project, spec: HealingSpec, kinds: Sequence[ErrorKind]) -> Seen:
    """What is wrong with a project. The first reason why something can't be told goes with it."""
    checked: list[Checked] = []
    failure: Failure | None = None
    for kind in (kind for kind in _ORDER if kind in kinds):
        try:
            if kind is ErrorKind.TEST:
                one = await _failing_tests(bench, project, spec)
            else:
                targets = tuple(_targets(project))
                output = await bench.check(CheckRequest(kind, targets, spec.run_timeout))
                one = Checked(kind, _few(READERS[kind](output)))
        except CannotHeal as error:
            if error.reason == NOT_RUN:
                raise
            failure = failure or Failure(error.reason, error.message)
            one = Checked(kind, complete=False)
        checked.append(one)
    return Seen(tuple(checked), failure)


def not_installed(message: str) -> FoundError:
    """What the tests need can't be had: the project does not install."""
    return FoundError(ErrorKind.BUILD, ENVIRONMENT, clipped(message))


def is_away(said: str) -> bool:
    """Whether the installer said that the package index is away, which is no fault of the project."""
    return "Failed to fetch" in said


def clipped(text: str) -> str:
    """The first line of a text, and not too much of it."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


async def _failing_tests(runner: Runner, project: Project, spec: HealingSpec) -> Checked:
    """Raises CannotHeal where nothing ran."""
    session = Session(runner, project, spec.pytest_args, spec.run_timeout, nobody_listens)
    result = await session.first_run(spec.tests)
    errors = [
        FoundError(ErrorKind.TEST, failure.test, clipped(failure.headline), failure.type)
        for failure in result.failures()
    ]
    is_complete = result.finished and set(result.collected) <= result.outcomes.keys()
    return Checked(ErrorKind.TEST, _few(errors), complete=is_complete)


def _targets(project: Project) -> Sequence[str]:
    """The product's packages and modules, as paths."""
    tops = [f"{root}/{name}" if root else name for root, name in project.head.packages]
    return [top if (project.head.root / top).is_dir() else f"{top}.py" for top in tops] or ["."]


def _few(errors: Sequence[FoundError]) -> tuple[FoundError, ...]:
    """The same few of too many, whatever order they come in."""
    return tuple(sorted(errors, key=lambda error: (error.subject, error.mark))[:_MOST_ERRORS])


def _type_errors(output: Output) -> list[FoundError]:
    errors = _complaints(ErrorKind.TYPE, output, "error: ")
    return errors or _nothing_if_sound(output, "TYPE_CHECK_FAILED", "The type checker")


def _lint_errors(output: Output) -> list[FoundError]:
    errors = _complaints(ErrorKind.LINT, output, "")
    return errors or _nothing_if_sound(output, "LINT_FAILED", "The linter")


def _build_errors(output: Output) -> list[FoundError]:
    if output.exit_status == 0:
        return []
    if output.timed_out or output.exit_status is None:
        raise CannotHeal("BUILD_TIMED_OUT", "The build did not end in time.")
    said = f"{output.text}\n{output.log_tail}"
    if is_away(said):
        raise CannotHeal("INDEX_UNREACHABLE", "The package index can't be reached, so nothing can be built.")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    cause = next((line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")), "")
    message = cause or next(reversed(lines), f"exit status {output.exit_status}")
    return [FoundError(ErrorKind.BUILD, "wheel", clipped(message))]


def _complaints(kind: ErrorKind, output: Output, prefix: str) -> list[FoundError]:
    found = []
    for line in output.text.splitlines():
        match = _COMPLAINT.fullmatch(line)
        if match is None or not match["text"].startswith(prefix):
            continue
        text = match["text"].removeprefix(prefix).replace(_FIXABLE, "", 1)
        path = match["path"].removeprefix("./")
        found.append(FoundError(kind, path, clipped(f"line {match['line']}: {text}"), text))
    return found


def _nothing_if_sound(output: Output, reason: str, who: str) -> list[FoundError]:
    if output.exit_status == 0:
        return []
    how = "did not end in time" if output.timed_out else f"ended with {output.exit_status}"
    tail = output.log_tail.strip()[-1000:]
    raise CannotHeal(reason, f"{who} {how} and named no error. {tail}".rstrip())


# What each tool says, as errors. Each raises CannotHeal where it broke off and named none.
READERS: dict[ErrorKind, Callable[[Output], list[FoundError]]] = {
    ErrorKind.BUILD: _build_errors,
    ErrorKind.TYPE: _type_errors,
    ErrorKind.LINT: _lint_errors,
}
