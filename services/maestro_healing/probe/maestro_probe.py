"""Writes what each test did to the JSON-lines file that MAESTRO_PROBE_FILE names.

Loaded by `-p maestro_probe` into the interpreter of the project under test, so it needs nothing but the
standard library and pytest >= 6.1, and runs on Python >= 3.7. One line a record, flushed at once: what was
known survives a killed process.
"""

from __future__ import annotations

import json
import linecache
import os
import platform
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import warnings
    from collections.abc import Generator, Mapping

    from maestro_healing.probe import maestro_probe_checks as checks
    from maestro_healing.probe.maestro_probe_values import Writer, type_name
    from maestro_healing.probe.maestro_probe_values import text_of as _text
else:  # beside it in one folder, where a job has it
    import maestro_probe_checks as checks
    from maestro_probe_values import Writer, type_name
    from maestro_probe_values import text_of as _text

LINE_LIMIT = 400
FRAME_LIMIT = 40
WARNING_LIMIT = 500
OPENED_LIMIT = 2000
DATA_FILES_LIMIT = 20
LOCALS_LIMIT = 40
LOCAL_TEXT_LIMIT = 2000
FRAMES_WITH_LOCALS = 6
DETAIL = "maestro_failure"
_MACHINERY = ("_pytest", "pluggy", "pytest", "maestro_probe")


def _message(error: object) -> str:
    try:
        return _text(str(error))
    except Exception:  # so may a __str__
        return _text(error)


def _mro(kind: type) -> list[str]:
    return [type_name(base) for base in kind.__mro__ if base is not object]


def _belongs_to_pytest(frame: types.FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] in _MACHINERY


def _walk(traceback: types.TracebackType | None) -> Generator[tuple[types.FrameType, int], None, None]:
    """Frames and lines, outermost first, without those of pytest."""
    while traceback is not None:
        if not _belongs_to_pytest(traceback.tb_frame):
            yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _sources(values: Mapping[str, object], writer: Writer) -> dict[str, str]:
    """Expressions that make the named values, of those that have a short one."""
    found: dict[str, str] = {}
    named = [(name, value) for name, value in values.items() if name.isidentifier()]
    for name, value in named[:LOCALS_LIMIT]:
        source = writer.source(value)
        if source is not None and len(source) <= LOCAL_TEXT_LIMIT:
            found[name] = source
    return found


class Recorder:
    """Turns what pytest tells into records."""

    def __init__(self, config: pytest.Config, path: str) -> None:
        self.root = os.path.realpath(str(config.rootpath))
        self.path = path
        self.is_worker = hasattr(config, "workerinput")
        self.compared: dict[str, Any] | None = None
        self.compared_in: set[types.CodeType] = set()
        self.opened: dict[str, None] = {}
        self.warnings = 0
        self.durations: dict[str, float] = {}
        self.write(
            {
                "kind": "start",
                "python": platform.python_version(),
                "pytest": pytest.__version__,
                "path": sys.path,
            }
        )

        if hasattr(sys, "addaudithook"):  # Python >= 3.8
            sys.addaudithook(self.watch)

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keeps the names of files that are read: one may hold what a test expects."""
        if event == "open" and len(self.opened) < OPENED_LIMIT:
            path, mode = arguments[0], arguments[1]
            if isinstance(path, str) and mode in ("r", "rb", "rt") and not path.endswith((".py", ".pyc")):
                self.opened[path] = None

    def data_files(self) -> list[str]:
        """Files of the project that were read so far, the last ones first."""
        found = [self.relative(path) for path in reversed(list(self.opened))]
        return [path for path in found if not path.startswith("/")][:DATA_FILES_LIMIT]

    def write(self, record: dict[str, object]) -> None:
        if self.is_worker:
            return
        with Path(self.path).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")

    def relative(self, filename: str) -> str:
        path = os.path.realpath(filename)
        if path.startswith(self.root + os.sep):
            return _text(path[len(self.root) + 1 :].replace(os.sep, "/"))
        return _text(path)

    def frames(self, traceback: types.TracebackType | None) -> list[list[object]]:
        found: list[list[object]] = []
        with_locals = 0
        for frame, number in _walk(traceback):
            code = frame.f_code
            name = getattr(code, "co_qualname", code.co_name)
            line = linecache.getline(code.co_filename, number).strip()
            where = [
                self.relative(code.co_filename),
                number,
                _text(name, LINE_LIMIT),
                _text(line, LINE_LIMIT),
            ]
            record: list[object] = [*where]
            if with_locals < FRAMES_WITH_LOCALS and self.is_inside(frame):
                with_locals += 1
                record.append(_sources(frame.f_locals, Writer(frame.f_globals, reprs=False)))
            found.append(record)
        if len(found) > FRAME_LIMIT:
            found = found[: FRAME_LIMIT // 2] + found[-FRAME_LIMIT // 2 :]
        return found

    def is_inside(self, frame: types.FrameType) -> bool:
        path = self.relative(frame.f_code.co_filename)
        return not path.startswith(("/", "<")) and "site-packages/" not in path

    def comparison(
        self, error: BaseException, traceback: types.TracebackType | None
    ) -> dict[str, object] | None:
        """Both sides of the check that failed, if it was one and can be told."""
        if not isinstance(error, AssertionError):
            return None
        walked = list(_walk(traceback))
        if self.compared is not None and any(f.f_code in self.compared_in for f, _ in walked):
            return self.compared
        inside = [(frame, line) for frame, line in walked if self.is_inside(frame)]
        if not inside:
            return None
        frame, line = inside[-1]
        sides = checks.of_unittest([frame for frame, _ in walked])
        if sides is None and walked[-1][0] is frame:
            sides = checks.of_plain_assert(frame, line)
        return checks.compared(sides, Writer(inside[0][0].f_globals)) if sides else None

    def failure(self, error: BaseException, traceback: types.TracebackType | None) -> dict[str, object]:
        cause = error.__cause__
        if type(error).__name__ == "CollectError" and cause is not None:
            error, traceback = cause, cause.__traceback__
        frames = self.frames(traceback)
        if isinstance(error, SyntaxError) and error.filename:
            where = [self.relative(error.filename), error.lineno or 0, "<module>"]
            frames.append([*where, _text((error.text or "").strip(), LINE_LIMIT)])
        detail: dict[str, object] = {
            "type": type_name(type(error)),
            "mro": _mro(type(error)),
            "message": _message(error),
            "frames": frames,
            "compared": self.comparison(error, traceback),
        }
        inside = [frame for frame, _ in _walk(traceback) if self.is_inside(frame)]
        if inside:
            detail["type_as"] = Writer(inside[0].f_globals).describe(type(error))
        if detail["compared"] is not None:
            detail["files"] = self.data_files()
        for name in ("name", "name_from"):
            value = getattr(error, name, None)
            if isinstance(error, (AttributeError, ImportError, NameError)) and isinstance(value, str):
                detail[name] = _text(value, LINE_LIMIT)
        if isinstance(error, AttributeError) and getattr(error, "obj", None) is not None:
            owner = error.obj
            if isinstance(owner, types.ModuleType):
                detail["owner_module"] = owner.__name__
            else:
                detail["owner_types"] = _mro(owner if isinstance(owner, type) else type(owner))
        return detail

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, None]:
        outcome = yield
        report = outcome.get_result()
        if call.excinfo is not None and report.failed:
            detail = self.failure(call.excinfo.value, call.excinfo.tb)
            callspec = getattr(item, "callspec", None)
            if callspec is not None:
                names = vars(getattr(item, "module", None) or types.ModuleType("none"))
                detail["parameters"] = _sources(callspec.params, Writer(names))
                detail["rows"] = dict(getattr(callspec, "indices", {}))
            setattr(report, DETAIL, detail)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, None]:
        self.compared = None
        outcome = yield
        report = outcome.get_result()
        call = report.__dict__.get("call")
        if report.failed and call is not None and call.excinfo is not None:
            setattr(report, DETAIL, self.failure(call.excinfo.value, call.excinfo.tb))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            failure = getattr(report, DETAIL, None) or {"message": _text(str(report.longrepr))}
            self.write({"kind": "collect", "id": _text(report.nodeid), "failure": failure})

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.write({"kind": "collected", "ids": [_text(item.nodeid) for item in session.items]})

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.compared = None
        self.durations[nodeid] = 0.0
        self.write({"kind": "begin", "id": _text(nodeid)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seconds = self.durations[report.nodeid] = self.durations.get(report.nodeid, 0.0) + report.duration
        if report.when != "call" and report.passed:
            return
        status: str = report.outcome
        if hasattr(report, "wasxfail"):
            status = "xfailed" if report.skipped else "xpassed"
        record: dict[str, object] = {"kind": "test", "id": _text(report.nodeid), "phase": report.when}
        record["status"] = status
        record["seconds"] = round(seconds, 6)
        if report.failed:
            record["failure"] = getattr(report, DETAIL, None) or {"message": _text(str(report.longrepr))}
        self.write(record)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        frames = self.asking(sys._getframe(1))
        if not frames:
            return
        outermost = next(frame for frame in reversed(frames) if self.is_inside(frame))
        compared = checks.compared((op, left, right), Writer(outermost.f_globals))
        if "snapshot" in compared:
            compared["snapshot"]["file"] = self.relative(compared["snapshot"]["file"])
        codes = {frame.f_code for frame in frames}
        # a plugin may ask once more with what it wrapped: the values that can be written are kept
        if self.compared is None or not codes & self.compared_in or checks.is_written(compared):
            self.compared, self.compared_in = compared, codes

    def asking(self, frame: types.FrameType | None) -> list[types.FrameType]:
        """The test's frames that led to an assertion, innermost first; none where no test did."""
        found: list[types.FrameType] = []
        while frame is not None:
            if not _belongs_to_pytest(frame):
                found.append(frame)
            elif any(map(self.is_inside, found)):
                return found
            else:
                found = []
            frame = frame.f_back
        return found if any(map(self.is_inside, found)) else []

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        self.warnings += 1
        if self.warnings <= WARNING_LIMIT:
            category = type_name(warning_message.category)
            where = [self.relative(warning_message.filename), warning_message.lineno]
            record = {"kind": "warning", "id": _text(nodeid), "category": category, "where": where}
            self.write(dict(record, message=_message(warning_message.message)))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        chosen = os.environ.get("MAESTRO_PROBE_SELECT")
        if chosen:
            wanted = set(Path(chosen).read_text(encoding="utf-8").splitlines())
            dropped = [item for item in items if not _selected(item.nodeid, wanted)]
            if dropped:
                config.hook.pytest_deselected(items=dropped)
                items[:] = [item for item in items if _selected(item.nodeid, wanted)]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self.write({"kind": "finish", "status": int(exitstatus)})


def _selected(nodeid: str, wanted: set[str]) -> bool:
    """Whether the id, its file, class or unparametrised function was asked for."""
    parts = nodeid.split("::")
    names = {"::".join(parts[: end + 1]) for end in range(len(parts))}
    return bool(wanted & (names | {nodeid.partition("[")[0]}))


def pytest_configure(config: pytest.Config) -> None:
    path = os.environ.get("MAESTRO_PROBE_FILE")
    if path:
        config.option.continue_on_collection_errors = True  # one file that does not import hides no other
        recorder = Recorder(config, path)
        config.pluginmanager.register(recorder, "maestro-recorder")
        if Path(__file__).with_name("maestro_probe_conditions.json").exists():
            # Not before: what it imports would be there for tests that forgot to.
            if TYPE_CHECKING:
                from maestro_healing.probe.maestro_probe_state import Keeper
            else:
                from maestro_probe_state import Keeper

            config.pluginmanager.register(Keeper(config, recorder.write), "maestro-keeper")
