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
    from collections.abc import Generator

TEXT_LIMIT = 8000
LINE_LIMIT = 400
FRAME_LIMIT = 40
WARNING_LIMIT = 500
DETAIL = "maestro_failure"


def _text(value: object, limit: int = TEXT_LIMIT) -> str:
    """A string that JSON and UTF-8 take, cut in its middle where it is too long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception as error:  # a repr is the project's code: it may raise anything
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    if len(text) > limit:
        text = text[: limit // 2] + " ... " + text[-limit // 2 :]
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _message(error: object) -> str:
    try:
        return _text(str(error))
    except Exception:  # so may a __str__
        return _text(error)


def _type_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _mro(kind: type) -> list[str]:
    return [_type_name(base) for base in kind.__mro__ if base is not object]


class Recorder:
    """Turns what pytest tells into records."""

    def __init__(self, config: pytest.Config, path: str) -> None:
        self.root = os.path.realpath(str(config.rootpath))
        self.path = path
        self.is_worker = hasattr(config, "workerinput")
        self.compared: list[str] | None = None
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
        found = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            top = traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0]
            if top not in ("_pytest", "pluggy", "pytest", "maestro_probe"):
                name = getattr(code, "co_qualname", code.co_name)
                line = linecache.getline(code.co_filename, traceback.tb_lineno).strip()
                where = [self.relative(code.co_filename), traceback.tb_lineno, _text(name, LINE_LIMIT)]
                found.append([*where, _text(line, LINE_LIMIT)])
            traceback = traceback.tb_next
        if len(found) > FRAME_LIMIT:
            found = found[: FRAME_LIMIT // 2] + found[-FRAME_LIMIT // 2 :]
        return found

    def failure(self, error: BaseException, traceback: types.TracebackType | None) -> dict[str, object]:
        cause = error.__cause__
        if type(error).__name__ == "CollectError" and cause is not None:
            error, traceback = cause, cause.__traceback__
        frames = self.frames(traceback)
        if isinstance(error, SyntaxError) and error.filename:
            where = [self.relative(error.filename), error.lineno or 0, "<module>"]
            frames.append([*where, _text((error.text or "").strip(), LINE_LIMIT)])
        detail: dict[str, object] = {
            "type": _type_name(type(error)),
            "mro": _mro(type(error)),
            "message": _message(error),
            "frames": frames,
            "compared": self.compared,
        }
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
            setattr(report, DETAIL, self.failure(call.excinfo.value, call.excinfo.tb))

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
        self.compared = [op, _text(left), _text(right)]

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        self.warnings += 1
        if self.warnings <= WARNING_LIMIT:
            category = _type_name(warning_message.category)
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
        config.pluginmanager.register(Recorder(config, path), "maestro-recorder")
