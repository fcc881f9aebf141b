"""What one run of the tests showed, read from the file that the probe wrote."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maestro_healing.domain.state import StateChange

COLLECT = "collect"

_TIMED_OUT, _OUT_OF_MEMORY, _CRASHED = _CUT_OFF = ("TimedOut", "OutOfMemory", "Crashed")


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback, outermost first; `file` is relative to the project where it lies in it.

    `locals` has expressions that make its local values, of those that are short.
    """

    file: str
    line: int
    function: str
    source: str
    locals: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_inside(self) -> bool:
        """Whether the file lies in the project (an installed package below it does not count)."""
        return not self.file.startswith("/") and "site-packages/" not in self.file


@dataclass(frozen=True)
class Value:
    """A value as the probe saw it: its text (a string's own, a repr else) and its type's full name.

    `source` makes an equal value in the test's module, once `imports` (dotted paths) are imported by their
    last name; `_opaque_` in it stands for a part that nothing makes, and it is empty
    where the whole is one.
    """

    text: str
    type: str = ""
    source: str = ""
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """A stored snapshot: its file, its name in it, its text, and what its own tool would write now."""

    file: str
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Compared:
    """The two sides of the comparison that failed, and the snapshot where one of them is stored in a file."""

    operator: str
    left: Value
    right: Value
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class TestFailure:
    """How a test failed. `phase` is setup, call, teardown or collect; `type` and `mro` are full type names,
    `type_as` is the exception's type as the test's module reaches it.

    `parameters` has expressions that make the case's parameters, `rows` the place (from 0) of each
    in its table, `files` the project's data files that were read until then, the last ones first.
    """

    __test__ = False

    test: str
    phase: str
    type: str
    message: str
    mro: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    compared: Compared | None = None
    name: str = ""
    name_from: str = ""
    owner_module: str = ""
    owner_types: tuple[str, ...] = ()
    type_as: Value | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The test's file."""
        return self.test.partition("::")[0]

    @property
    def short_type(self) -> str:
        """The exception's name without its module."""
        return self.type.rpartition(".")[2]

    @property
    def headline(self) -> str:
        """Its first line, as a person would quote it."""
        first = self.message.strip().partition("\n")[0]
        return f"{self.short_type}: {first}" if first else self.short_type

    @property
    def is_cut_off(self) -> bool:
        """Whether the run ended in the test, which raised nothing itself."""
        return self.type in _CUT_OFF

    def is_a(self, *names: str) -> bool:
        """Whether the exception is of one of the builtin types, or derived from it."""
        return any(f"builtins.{name}" in self.mro for name in names)


@dataclass(frozen=True)
class Outcome:
    """What one test did: passed, failed, skipped, xfailed or xpassed."""

    test: str
    status: str
    seconds: float = 0.0
    failure: TestFailure | None = None

    @property
    def passed(self) -> bool:
        """Whether it ran to its end as it should."""
        return self.status in ("passed", "xfailed", "xpassed")


@dataclass(frozen=True)
class Warned:
    """A warning that a run recorded."""

    test: str
    category: str
    message: str
    file: str
    line: int


@dataclass(frozen=True)
class Waited:
    """How a condition came to hold that a measuring edit looked at: `seconds` after the wait began (None:
    it never did), at once or not (`began_false`), for good or not (`lost`), with errors on the way.
    """

    began_false: bool
    seconds: float | None
    lost: bool
    errors: tuple[str, ...] = ()

    @property
    def came(self) -> bool:
        """Whether it came to hold, and then held."""
        return self.began_false and self.seconds is not None and not self.lost


@dataclass(frozen=True)
class RunResult:
    """One run in one fresh process. `running` is the test that was at work when the process died;
    `waits` has what was measured, by test and place; `unavailable` says why a service could not be had, and
    nothing was run.
    """

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    exit_status: int | None = None
    timed_out: bool = False
    out_of_memory: bool = False
    log_tail: str = ""
    python: str = ""
    seconds: float = 0.0
    collected: tuple[str, ...] = ()
    warnings: tuple[Warned, ...] = ()
    running: str = ""
    finished: bool = False
    waits: Mapping[tuple[str, str], tuple[Waited, ...]] = field(default_factory=dict)
    unavailable: str = ""
    changes: Mapping[str, tuple[StateChange, ...]] = field(default_factory=dict)

    def passes(self, test: str) -> bool:
        """Whether the test ran, and passed."""
        outcome = self.outcomes.get(test)
        return outcome is not None and outcome.passed

    def failures(self) -> Iterator[TestFailure]:
        """Each failure in the order of the run; the last may be the test that was at work when it ended."""
        yield from (outcome.failure for outcome in self.outcomes.values() if outcome.failure is not None)
        if self.running:
            yield TestFailure(self.running, "call", *self._cut_off())

    def _cut_off(self) -> tuple[str, str]:
        """Why the test that was at work did not come to its end: a type, and a sentence."""
        left = len(set(self.collected) - self.outcomes.keys() - {self.running})
        after = f"; {left} tests after it did not run" if left else ""
        if self.timed_out:
            return _TIMED_OUT, f"it did not end in the time that the tests have{after}"
        if self.out_of_memory:
            return _OUT_OF_MEMORY, f"it took more memory than the tests have{after}"
        return _CRASHED, f"the interpreter ended in it (exit status {self.exit_status}){after}"


def with_first_ids(result: RunResult, first: RunResult) -> RunResult:
    """The result with each case under the id that it had in the first run.

    A case whose row was edited has another id; it is told by its place among the cases of its function.
    """
    before, after = _cases(first), _cases(result)
    outcomes = dict(result.outcomes)
    for function, cases in after.items():
        known = before.get(function, [])
        for case, old in zip(cases, known, strict=False) if len(cases) == len(known) else ():
            if case != old and case in outcomes and case not in known:
                outcome = outcomes.pop(case)
                failure = replace(outcome.failure, test=old) if outcome.failure else None
                outcomes[old] = replace(outcome, test=old, failure=failure)
    return replace(result, outcomes=outcomes)


def _cases(result: RunResult) -> Mapping[str, list[str]]:
    """The cases of each parametrised function, in their order."""
    found: dict[str, list[str]] = {}
    for test in result.collected:
        function, bracket, _ = test.partition("[")
        if bracket:
            found.setdefault(function, []).append(test)
    return found


def read_probe(
    document: bytes | None,
    *,
    exit_status: int | None,
    timed_out: bool = False,
    out_of_memory: bool = False,
    log_tail: str = "",
    seconds: float = 0.0,
    unavailable: str = "",
) -> RunResult:
    """The run that the probe's file tells of; `document` is None where it wrote none.

    A last line that was cut off by a kill is left out.
    """
    outcomes: dict[str, Outcome] = {}
    warnings: list[Warned] = []
    waits: dict[tuple[str, str], tuple[Waited, ...]] = {}
    changes: dict[str, tuple[StateChange, ...]] = {}
    collected: tuple[str, ...] = ()
    python, running, finished = "", "", False
    for record in _records(document or b""):
        match record["kind"]:
            case "start":
                python = record["python"]
            case "collected":
                collected = tuple(record["ids"])
            case "begin":
                running = record["id"]
            case "collect":
                failure = _failure(record["id"], COLLECT, record["failure"])
                outcomes[record["id"]] = Outcome(record["id"], "failed", 0.0, failure)
            case "test":
                outcomes[record["id"]] = _outcome(record, outcomes.get(record["id"]))
                running = ""
            case "warning":
                where = record["where"]
                warnings.append(
                    Warned(record["id"], record["category"], record["message"], where[0], where[1])
                )
            case "waited":
                found = (Waited(**{**c, "errors": tuple(c["errors"])}) for c in record["conditions"])
                waits[record["id"], record["key"]] = tuple(found)
            case "state":
                changes[record["id"]] = tuple(map(StateChange.of, record["changes"]))
            case "finish":
                finished = True
    return RunResult(
        outcomes, exit_status, timed_out, out_of_memory, log_tail, python, seconds,
        collected, tuple(warnings), running, finished, waits, unavailable, changes,
    )  # fmt: skip


def _records(document: bytes) -> Iterator[dict[str, Any]]:
    for line in document.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return


def _outcome(record: Mapping[str, Any], before: Outcome | None) -> Outcome:
    failure = _failure(record["id"], record["phase"], record["failure"]) if "failure" in record else None
    if (
        before is not None and before.failure is not None
    ):  # a teardown that fails too does not hide the first failure
        failure = before.failure
    status = "failed" if failure is not None else record["status"]
    return Outcome(record["id"], status, record["seconds"], failure)


def _failure(test: str, phase: str, detail: Mapping[str, Any]) -> TestFailure:
    compared = detail.get("compared")
    return TestFailure(
        test=test,
        phase=phase,
        type=detail.get("type", ""),
        message=detail["message"],
        mro=tuple(detail.get("mro", ())),
        frames=tuple(Frame(*frame) for frame in detail.get("frames", ())),
        compared=_compared(compared) if compared else None,
        name=detail.get("name", ""),
        name_from=detail.get("name_from", ""),
        owner_module=detail.get("owner_module", ""),
        owner_types=tuple(detail.get("owner_types", ())),
        type_as=_value(detail["type_as"]) if "type_as" in detail else None,
        parameters=detail.get("parameters", {}),
        rows=detail.get("rows", {}),
        files=tuple(detail.get("files", ())),
    )


def _compared(record: Mapping[str, Any]) -> Compared:
    snapshot = Snapshot(**record["snapshot"]) if "snapshot" in record else None
    return Compared(record["operator"], _value(record["left"]), _value(record["right"]), snapshot)


def _value(record: Mapping[str, Any]) -> Value:
    imports = tuple(record.get("imports", ()))
    return Value(record["text"], record["type"], record.get("source", ""), imports)
