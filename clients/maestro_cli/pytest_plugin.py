"""`pytest --maestro`: after a run that failed, offers to heal the tests that failed.

pytest loads this module in every run, so it imports nothing but what pytest has loaded already, and without
the flag it does nothing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FAILED_RUNS = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
# Of no use in a healing: its runs have no person to wait for, and are spread over processes by itself.
_LEFT_OUT = ("--maestro", "--pdb", "--trace")
_LEFT_OUT_WITH_VALUE = ("--maestro-base", "-n", "--numprocesses", "--dist")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag, and the revision to compare with."""
    group = parser.getgroup("maestro", "heal tests that are out of date")
    group.addoption(
        "--maestro",
        action="store_true",
        help="After a run that failed: offer to heal the tests that failed. Where nobody can be asked, the "
        "command is printed.",
    )
    group.addoption(
        "--maestro-base",
        metavar="REV",
        default="",
        help="Last revision at which the tests were right. Without it nothing is more than proposed.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Takes part where it is asked to; a worker of xdist leaves it to the one in charge."""
    if config.getoption("--maestro") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Offer(config), "maestro-offer")


class _Offer:
    """Notes what fails, and offers to heal it when all is said."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._failed: dict[str, None] = {}
        self._status: int | pytest.ExitCode = pytest.ExitCode.OK
        self._was_stopped = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test, or what it is set up with, failed."""
        if report.failed:
            self._failed[report.nodeid] = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file can't be imported."""
        if report.failed and report.nodeid:
            self._failed[report.nodeid] = None

    def pytest_keyboard_interrupt(self) -> None:
        """A person wants it to end."""
        self._was_stopped = True

    def pytest_sessionfinish(self, exitstatus: int | pytest.ExitCode) -> None:
        """How it ended."""
        self._status = exitstatus

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """The last word: all reports are written by now."""
        if not self._failed or self._was_stopped or self._status not in _FAILED_RUNS:
            return
        capture = self._config.pluginmanager.getplugin("capturemanager")
        if capture:
            capture.suspend_global_capture(in_=True)  # the person's keyboard is taken, too
        try:
            self._offer()
        finally:
            if capture:
                capture.resume_global_capture()

    def _offer(self) -> None:
        """Asks at a terminal, and prints the command elsewhere."""
        import shlex
        import subprocess

        command = self._command(self._written())
        count = len(self._failed)
        what = f"the {count} tests that failed" if count > 1 else "the test that failed"
        if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
            print(f"\nmaestro heals {what} with:\n  {shlex.join(command)}", flush=True)
            return
        try:
            answer = input(f"\nHeal {what} with maestro? Nothing of yours changes. [y/N] ")
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer.strip().lower() in ("y", "yes"):
            subprocess.run([sys.executable, "-P", "-m", "maestro_cli", *command[1:]], check=False)
        else:
            print(f"Later: {shlex.join(command)}", flush=True)

    def _command(self, failed: Path) -> list[str]:
        """What heals them, with this run's interpreter and arguments."""
        base = self._config.getoption("--maestro-base")
        command = ["maestro", "heal", str(self._config.rootpath), "--from-junit", str(failed)]
        command += ["--python", sys.executable, *(["--base", base] if base else [])]
        arguments = _arguments(self._config.invocation_params.args, self._config.option.file_or_dir)
        return [*command, "--", *arguments] if arguments else command

    def _written(self) -> Path:
        """A file with what failed, as JUnit XML: names of tests may be many, long and odd."""
        import tempfile
        from pathlib import Path
        from xml.etree import ElementTree

        suite = ElementTree.Element("testsuite", name="pytest --maestro")
        for test in self._failed:
            path, _, name = test.partition("::")
            # the names of cases are not needed, and may hold what XML can't
            case = ElementTree.SubElement(suite, "testcase", classname=path, name=name.partition("[")[0])
            ElementTree.SubElement(case, "failure")
        cache = getattr(self._config, "cache", None)
        folder = cache.mkdir("maestro") if cache else Path(tempfile.mkdtemp(prefix="maestro-"))
        file = Path(folder, "failed.xml")
        ElementTree.ElementTree(suite).write(file, encoding="utf-8")
        return file


def _arguments(given: Sequence[str | os.PathLike[str]], places: Sequence[str]) -> list[str]:
    """The run's arguments without the tests that it named and without those that are for a person."""
    left = [str(argument) for argument in given]
    for place in places:
        found = [number for number, argument in enumerate(left) if argument == place]
        # the same word may be an option's value
        free = [number for number in found if not (number and left[number - 1].startswith("-"))]
        if found:
            del left[(free or found)[0]]
    kept: list[str] = []
    arguments = iter(left)
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if name in _LEFT_OUT_WITH_VALUE and not equals:
            next(arguments, None)
        elif name not in (*_LEFT_OUT, *_LEFT_OUT_WITH_VALUE) and not argument.startswith("-n"):
            kept.append(argument)
    return kept
