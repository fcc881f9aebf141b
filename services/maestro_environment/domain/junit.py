"""Reads JUnit XML, which untrusted code wrote.

The parser streams, so that a file which breaks off still gives the tests before the break. Entities and
document types are refused: they are how small files become large ones, and no test runner writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from maestro_environment.domain.job import TestCase, TestOutcome

MAX_CASES = 100_000
MAX_DETAILS = 16 * 1024
MAX_NAME = 4096
_MAX_DETAILS_IN_ALL = 4 * 2**20
_MAX_DEPTH = 64

_OUTCOMES = {"failure": TestOutcome.FAILED, "error": TestOutcome.ERROR, "skipped": TestOutcome.SKIPPED}


class JUnitError(ValueError):
    """What was read is no JUnit XML."""


@dataclass
class _Open:
    """A test whose element has begun."""

    class_name: str
    name: str
    seconds: float
    file: str
    outcome: TestOutcome = TestOutcome.PASSED
    message: str = ""
    details: list[str] = field(default_factory=list)


def parse(document: bytes, *, whole: bool = False) -> tuple[TestCase, ...]:
    """The tests of a JUnit file, in its order; those before the break where it breaks off.

    Raises JUnitError where there is none to be read; with `whole`, also where it breaks off.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)
    except (expat.ExpatError, JUnitError) as error:
        if whole or not reader.cases:
            raise JUnitError(str(error)) from error
    return tuple(reader.cases)


class _Reader:
    def __init__(self) -> None:
        self.cases: list[TestCase] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._depth = 0
        self._case: _Open | None = None
        self._inside_outcome = False
        self._room = _MAX_DETAILS_IN_ALL

    def _doctype(self, *_: object) -> None:
        raise JUnitError("a document type is not allowed")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise JUnitError("nested too deeply")
        if self._depth == 1 and tag not in ("testsuites", "testsuite"):
            raise JUnitError(f"begins with <{tag[:80]}>, not with <testsuites>")
        if tag == "testcase":
            if len(self.cases) >= MAX_CASES:
                raise JUnitError(f"more than {MAX_CASES} tests")
            self._case = _Open(
                attributes.get("classname", "")[:MAX_NAME],
                attributes.get("name", "")[:MAX_NAME],
                _seconds(attributes.get("time", "")),
                attributes.get("file", "")[:MAX_NAME],
            )
        elif self._case is not None and (outcome := _OUTCOMES.get(tag)):
            self._inside_outcome = True
            # A test that failed and then could not be taken down has two outcomes: the first one counts.
            if self._case.outcome is TestOutcome.PASSED:
                self._case.outcome = outcome
                self._case.message = attributes.get("message", "").partition("\n")[0][:MAX_NAME]

    def _text(self, text: str) -> None:
        if self._case is not None and self._inside_outcome:
            kept = text[: max(0, min(self._room, MAX_DETAILS - sum(map(len, self._case.details))))]
            self._room -= len(kept)
            self._case.details.append(kept)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag in _OUTCOMES:
            self._inside_outcome = False
        elif tag == "testcase" and (case := self._case) is not None:
            details = "".join(case.details)
            self.cases.append(
                TestCase(
                    case.class_name, case.name, case.outcome, case.seconds, case.message, details, case.file
                )
            )
            self._case = None


def _seconds(text: str) -> float:
    try:
        seconds = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < 1e9 else 0.0
