"""The first process behind the walls: builds them, starts the command, buries orphans, ends with it."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
from pathlib import Path
from typing import NoReturn

from maestro_environment.backends.local.launcher import linux, walls
from maestro_environment.backends.local.launcher.plan import Plan

NOT_FOUND = "COMMAND_NOT_FOUND"
NO_DIRECTORY = "WORKING_DIRECTORY_NOT_FOUND"


def report(pipe: int, **message: str | int) -> None:
    """Tell the supervisor; short enough to arrive in one piece."""
    os.write(pipe, json.dumps(message).encode() + b"\n")


def run(plan: Plan, output: int, pipe: int, cgroups: list[int]) -> NoReturn:
    """Be the first process. Tells `pipe` how the command ended, or what went wrong before it could start."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for group in cgroups:
            os.write(group, b"0")
        linux.die_with_parent(os.getppid())
        _keep_only(output, pipe)
        if plan["walls"]:
            walls.build(plan["walls"])
            if not plan["walls"]["network"]:
                linux.loopback_up()
        _lay_over(plan)
        linux.no_new_privileges()
        first = os.getpid()
        command = os.fork()
        if command == 0:
            _execute(plan, output, pipe, first)
        linux.no_tracing()
        os.close(output)
        report(pipe, exit_code=_wait_for(command))
    except OSError as error:
        report(pipe, error=str(error))
    os._exit(0)


def _keep_only(*kept: int) -> None:
    """Close all but standard streams and `kept`: what the supervisor has open is not for the command."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        number = int(entry.name)
        if number > 2 and number not in kept:
            try:
                os.close(number)
            except OSError as error:
                if error.errno != errno.EBADF:  # the one that listed the folder
                    raise


def _lay_over(plan: Plan) -> None:
    for path, source in plan["files"].items():
        target = Path(plan["workspace"], path)
        if target.is_symlink() or source is None:
            shutil.rmtree(target) if target.is_dir() and not target.is_symlink() else target.unlink(
                missing_ok=True
            )
        if source is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _execute(plan: Plan, output: int, pipe: int, parent: int) -> NoReturn:
    try:
        os.setsid()
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP) and signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        with Path("/dev/null").open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.umask(0o022)
        Path("/proc/self/oom_score_adj").write_text("500")
        for name, value in plan["rlimits"].items():
            number = int(getattr(resource, f"RLIMIT_{name}"))
            hard = resource.getrlimit(number)[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (bound, bound))
        if plan["user"] is not None:
            linux.become(plan["user"])
        linux.die_with_parent(parent)
        try:
            os.chdir(plan["directory"])
        except OSError as error:
            report(pipe, error=f"{plan['directory']}: {error.strerror}", reason=NO_DIRECTORY)
            os._exit(127)
        os.execvpe(plan["command"][0], plan["command"], plan["env"])
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        report(pipe, error=f"{plan['command'][0]}: {error.strerror}", reason=NOT_FOUND)
    except OSError as error:
        report(pipe, error=f"{plan['command'][0]}: {error.strerror}")
    os._exit(127)


def _wait_for(command: int) -> int:
    """Bury whoever ends, until the command does."""
    while True:
        pid, status = os.wait()
        if pid == command:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
