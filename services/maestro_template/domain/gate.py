"""What a template must pass: everything compiles, and every answer set renders."""

from __future__ import annotations

from collections.abc import Sequence

from maestro_core.errors import (
    DomainError,
    FailedPrecondition,
    FieldViolation,
    InvalidArgument,
    ResourceExhausted,
)
from maestro_template.domain.compatibility import needs_major
from maestro_template.domain.model import MANIFEST, Problem
from maestro_template.domain.ports import Renderer, Source

_MOST_PROBLEMS = 50


class Gate:
    """Checks templates by rendering them."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    async def problems(self, source: Source) -> Sequence[Problem]:
        """What is wrong with a template; nothing means that each of its answer sets renders."""
        found = list(await self._renderer.problems(source))
        for answer_set in source.manifest.answer_sets if not found else ():
            try:
                await self._renderer.render(source, answer_set.answers, {})
            except ResourceExhausted as error:
                # One answer set without end is enough; the others would only take as long again.
                return [*found, Problem("", 0, str(error), answer_set.name)]
            except DomainError as error:
                found.extend(_problems(error, answer_set.name))
        return found[:_MOST_PROBLEMS]

    async def require_compiling(self, source: Source) -> None:
        """Raises InvalidArgument (TEMPLATE_INVALID) where an expression or a file does not compile."""
        if problems := await self._renderer.problems(source):
            raise InvalidArgument(
                "the template does not compile", reason="TEMPLATE_INVALID", violations=_violations(problems)
            )

    async def require_releasable(self, source: Source, previous: Source | None) -> None:
        """Raises FailedPrecondition (GATE_FAILED, MAJOR_VERSION_NEEDED)."""
        if not source.manifest.answer_sets:
            raise FailedPrecondition(
                "without an answer set there is nothing to check the template with",
                reason="GATE_FAILED",
                violations=[FieldViolation("answer_sets", "is empty")],
            )
        if problems := await self.problems(source):
            raise FailedPrecondition(
                "the template does not pass the gate", reason="GATE_FAILED", violations=_violations(problems)
            )
        if previous and (breaking := needs_major(previous.manifest, source.manifest)):
            raise FailedPrecondition(
                f"answers that {previous.manifest.version} took are refused: that needs a major version",
                reason="MAJOR_VERSION_NEEDED",
                violations=[FieldViolation("parameters", change) for change in breaking],
            )


def problems_of(error: DomainError) -> Sequence[Problem]:
    """A refusal as problems: its violations, or its message where it has none."""
    return _problems(error, "")


def _problems(error: DomainError, answer_set: str) -> list[Problem]:
    if not error.violations:
        return [Problem(MANIFEST, 0, str(error), answer_set)]
    return [
        Problem(
            violation.field if "/" in violation.field else MANIFEST,
            0,
            f"{violation.field}: {violation.description}",
            answer_set,
        )
        for violation in error.violations
    ]


def _violations(problems: Sequence[Problem]) -> list[FieldViolation]:
    return [
        FieldViolation(
            problem.path or "answer_sets",
            f"{problem.message} (answer set {problem.answer_set})" if problem.answer_set else problem.message,
        )
        for problem in problems
    ]
