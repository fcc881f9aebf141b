"""Writes what each test did to the JSON-lines file that MAESTRO_PROBE_FILE names.

Loaded by `-p maestro_probe` into the interpreter of the project under test, so it needs nothing but the
standard library and pytest >= 6, and runs on Python >= 3.7. One line a record, flushed at once: what was
known survives a killed process.
"""

import json
import linecache
import os
import platform
import sys
import types

import pytest

TEXT_LIMIT = 8000
LINE_LIMIT = 400
FRAME_LIMIT = 40
WARNING_LIMIT = 500
DETAIL = "maestro_failure"


def _text(value, limit=TEXT_LIMIT):
    """A string that JSON and UTF-8 take, cut in its middle where it is too long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception as error:  # a repr is the project's code: it may raise anything
        text = "<{} whose repr raises {}>".format(type(value).__name__, type(error).__name__)
    if len(text) > limit:
        text = text[: limit // 2] + " ... " + text[-limit // 2 :]
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _message(error):
    try:
        return _text(str(error))
    except Exception:  # so may a __str__
        return _text(error)


def _type_name(kind):
    return "{}.{}".format(kind.__module__, kind.__qualname__)


def _mro(kind):
    return [_type_name(base) for base in kind.__mro__ if base is not object]


class Recorder:
    """Turns what pytest tells into records."""

    def __init__(self, config, path):
        self.root = os.path.realpath(str(config.rootdir))
        self.path = path
        self.is_worker = hasattr(config, "workerinput")
        self.compared = None
        self.warnings = 0
        self.durations = {}
        self.write(
            {
                "kind": "start",
                "python": platform.python_version(),
                "pytest": pytest.__version__,
                "path": sys.path,
            }
        )

    def write(self, record):
        if self.is_worker:
            return
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")

    def relative(self, filename):
        path = os.path.realpath(filename)
        if path.startswith(self.root + os.sep):
            return _text(path[len(self.root) + 1 :].replace(os.sep, "/"))
        return _text(path)

    def frames(self, traceback):
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

    def failure(self, error, traceback):
        cause = error.__cause__
        if type(error).__name__ == "CollectError" and cause is not None:
            error, traceback = cause, cause.__traceback__
        detail = {
            "type": _type_name(type(error)),
            "mro": _mro(type(error)),
            "message": _message(error),
            "frames": self.frames(traceback),
            "compared": self.compared,
        }
        if isinstance(error, SyntaxError) and error.filename:
            where = [self.relative(error.filename), error.lineno or 0, "<module>"]
            detail["frames"].append([*where, _text((error.text or "").strip(), LINE_LIMIT)])
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
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        report = outcome.get_result()
        if call.excinfo is not None and report.failed:
            setattr(report, DETAIL, self.failure(call.excinfo.value, call.excinfo.tb))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector):
        self.compared = None
        outcome = yield
        report = outcome.get_result()
        call = report.__dict__.get("call")
        if report.failed and call is not None and call.excinfo is not None:
            setattr(report, DETAIL, self.failure(call.excinfo.value, call.excinfo.tb))

    def pytest_collectreport(self, report):
        if report.failed:
            failure = getattr(report, DETAIL, None) or {"message": _text(str(report.longrepr))}
            self.write({"kind": "collect", "id": _text(report.nodeid), "failure": failure})

    def pytest_collection_finish(self, session):
        self.write({"kind": "collected", "ids": [_text(item.nodeid) for item in session.items]})

    def pytest_runtest_logstart(self, nodeid):
        self.compared = None
        self.durations[nodeid] = 0.0
        self.write({"kind": "begin", "id": _text(nodeid)})

    def pytest_runtest_logreport(self, report):
        seconds = self.durations[report.nodeid] = self.durations.get(report.nodeid, 0.0) + report.duration
        if report.when != "call" and report.passed:
            return
        status = report.outcome
        if hasattr(report, "wasxfail"):
            status = "xfailed" if report.skipped else "xpassed"
        record = {"kind": "test", "id": _text(report.nodeid), "phase": report.when, "status": status}
        record["seconds"] = round(seconds, 6)
        if report.failed:
            record["failure"] = getattr(report, DETAIL, None) or {"message": _text(str(report.longrepr))}
        self.write(record)

    def pytest_assertrepr_compare(self, config, op, left, right):
        self.compared = [op, _text(left), _text(right)]

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        self.warnings += 1
        if self.warnings <= WARNING_LIMIT:
            category = _type_name(warning_message.category)
            where = [self.relative(warning_message.filename), warning_message.lineno]
            record = {"kind": "warning", "id": _text(nodeid), "category": category, "where": where}
            self.write(dict(record, message=_message(warning_message.message)))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        chosen = os.environ.get("MAESTRO_PROBE_SELECT")
        if chosen:
            with open(chosen, encoding="utf-8") as stream:
                wanted = set(stream.read().splitlines())
            dropped = [item for item in items if not _selected(item.nodeid, wanted)]
            if dropped:
                config.hook.pytest_deselected(items=dropped)
                items[:] = [item for item in items if _selected(item.nodeid, wanted)]

    def pytest_sessionfinish(self, session, exitstatus):
        self.write({"kind": "finish", "status": int(exitstatus)})


def _selected(nodeid, wanted):
    """Whether the id, its file, class or unparametrised function was asked for."""
    parts = nodeid.split("::")
    names = {"::".join(parts[: end + 1]) for end in range(len(parts))}
    return bool(wanted & (names | {nodeid.partition("[")[0]}))


def pytest_configure(config):
    path = os.environ.get("MAESTRO_PROBE_FILE")
    if path:
        config.option.continue_on_collection_errors = True  # one file that does not import hides no other
        config.pluginmanager.register(Recorder(config, path), "maestro-recorder")
