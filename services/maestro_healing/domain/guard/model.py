"""What the guard takes and gives."""

import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """How a change weakens a test. `EXPECTATION_CHANGED` alone is no weakening."""

    ASSERTION_DELETED = "assertion_deleted"
    ASSERTION_HOLLOWED = "assertion_hollowed"
    OPERATOR_LOOSENED = "operator_loosened"
    TOLERANCE_WIDENED = "tolerance_widened"
    EXCEPTION_BROADENED = "exception_broadened"
    EXPECTED_RECOMPUTED = "expected_recomputed"
    FAILURE_SWALLOWED = "failure_swallowed"
    CHECK_UNREACHABLE = "check_unreachable"
    CHECK_CONDITIONAL = "check_conditional"
    SKIP_ADDED = "skip_added"
    XFAIL_ADDED = "xfail_added"
    RETRY_ADDED = "retry_added"
    SLEEP_ADDED = "sleep_added"
    CASES_REMOVED = "cases_removed"
    SUBJECT_REPLACED = "subject_replaced"
    TEST_DELETED = "test_deleted"
    TEST_UNCOLLECTED = "test_uncollected"
    WARNINGS_IGNORED = "warnings_ignored"
    COLLECTION_NARROWED = "collection_narrowed"
    UNREADABLE = "unreadable"
    KILLS_LOST = "kills_lost"
    EXPECTATION_CHANGED = "expectation_changed"


def _decoded(content: bytes) -> str:
    """A source file's text, by its own coding line; bytes that do not decode stay visible as surrogates."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return content.decode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class FileChange:
    """A file before and after a change; None where there is no such file."""

    path: str
    old: str | None
    new: str | None

    @classmethod
    def decode(cls, path: str, old: bytes | None, new: bytes | None) -> Self:
        """A change given as bytes."""
        return cls(path, None if old is None else _decoded(old), None if new is None else _decoded(new))


@dataclass(frozen=True, order=True)
class Finding:
    """One place where a change weakens a test.

    `line` counts from 1 in the new file, or in the old one where the place is gone; `test` is
    `path::Class::name` and empty where a whole file is meant.
    """

    file: str
    line: int
    kind: Kind
    message: str
    test: str


@dataclass(frozen=True)
class TouchedTest:
    """A test that a change may alter: its id on both sides, and its line on the new one.

    `beside` are the tests that are new in its file: its checks may have gone there.
    """

    old: str
    new: str
    line: int
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """The outcome: weakenings, beside them the expectations that changed without one,
    and the tests that the change may alter.
    """

    findings: Sequence[Finding]
    expectations: Sequence[Finding]
    touched: Sequence[TouchedTest] = ()
