"""Runs one command as a plan on standard input says, outlives it, and writes down how it ended."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from pathlib import Path

from maestro_environment.backends.local.launcher import init, linux, walls
from maestro_environment.backends.local.launcher.collect import Collector
from maestro_environment.backends.local.launcher.guard import Guard
from maestro_environment.backends.local.launcher.output import Output
from maestro_environment.backends.local.launcher.plan import Ending, KeptFile, Outcome, Plan
from maestro_environment.backends.local.launcher.tree import Tree

_TICK = 0.1


class Supervisor:
    """Stands outside the walls and limits: it sees the command end, whatever the command does."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # All that lies outside is opened now: behind the walls there is no way to it.
        self._output = Output(plan["log"], plan["log_max_bytes"])
        self._collector = Collector(plan["collection"]) if plan["collection"] else None
        self._folder = os.open(Path(plan["outcome"]).parent, os.O_PATH | os.O_DIRECTORY)
        self._cgroups = [os.open(path, os.O_WRONLY) for path in plan["cgroups"]]
        self._wake, self._waker = os.pipe()
        self._report, self._reporter = os.pipe()
        for end in (self._waker, self._report):
            os.set_blocking(end, False)
        self._peak = 0

    def run(self) -> None:
        """Run the command to its end and keep what is left of it."""
        tasks, walled = self._plan["watch_tasks"], self._plan["walls"] is not None
        guard = Guard(tasks, walled=walled) if tasks else None
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.set_wakeup_fd(self._waker)
        if self._plan["walls"]:
            walls.leave_host(self._plan["walls"]["network"])
        else:
            linux.adopt_orphans()
        if (user := self._plan["user"]) is not None:
            for folder in self._plan["own"]:
                _hand_over(folder, user)
        started = time.time()
        first = os.fork()
        if first == 0:
            signal.set_wakeup_fd(-1)
            init.run(self._plan, self._output.writer, self._reporter, self._cgroups)
        os.close(self._output.writer)
        os.close(self._reporter)
        ours = {first, guard.pid} if guard else {first}
        tree = Tree(first, ours, walled=walled, user=self._plan["user"])
        if guard:
            guard.begin(first)
        ending = self._watch(tree, guard, started)
        if guard:
            guard.end()
        tree.end()
        while self._output.take():
            pass
        self._write(ending, started)

    def _watch(self, tree: Tree, guard: Guard | None, started: float) -> Ending:
        """Take the output until something ends the run."""
        deadline = self._plan["timeout_seconds"]
        looked = time.monotonic()
        poll = select.poll()
        verdict = [guard.verdict] if guard else []
        for source in (self._output.reader, self._wake, self._report, *verdict):
            poll.register(source, select.POLLIN)
        while True:
            left = _TICK if deadline is None else min(_TICK, started + deadline - time.time())
            if left <= 0:
                return "timed out"
            ready = {source for source, _ in poll.poll(left * 1000)}
            if self._output.reader in ready and not self._output.take():
                poll.unregister(self._output.reader)
            if guard and guard.verdict in ready:
                guard.check()
                return "too many tasks"
            if self._report in ready:
                return "exited"
            if self._wake in ready:
                return "stopped"
            if (bound := self._plan["watch_memory_bytes"]) and time.monotonic() > looked + _TICK:
                looked = time.monotonic()
                self._peak = max(self._peak, tree.memory())
                if self._peak > bound:
                    return "out of memory"

    def _write(self, ending: Ending, started: float) -> None:
        told = _last(self._report)
        error = str(told.get("error", ""))
        code = told.get("exit_code")
        if ending == "exited" and not isinstance(code, int):
            ending = "error" if error else "out of memory"  # only the kernel ends the first process unasked
        outcome = Outcome(
            ending=ending,
            exit_code=code if isinstance(code, int) and ending == "exited" else None,
            error=error,
            reason=str(told.get("reason", "")),
            started=started,
            ended=time.time(),
            peak_memory_bytes=self._peak,
            log_bytes=self._output.written,
            log_truncated=self._output.truncated,
            kept=[],
            junit=False,
        )
        if self._collector and not error:
            outcome["junit"] = self._collector.junit()
            self._save(outcome)
            kept: list[KeptFile] = self._collector.artifacts()
            outcome["kept"] = kept
        self._save(outcome)

    def _save(self, outcome: Outcome) -> None:
        name = Path(self._plan["outcome"]).name
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(f"{name}.new", flags, 0o600, dir_fd=self._folder), "w") as file:
            json.dump(outcome, file)
        os.rename(f"{name}.new", name, src_dir_fd=self._folder, dst_dir_fd=self._folder)


def _hand_over(folder: str, user: int) -> None:
    """Make a user the owner of a folder and of all in it."""
    os.lchown(folder, user, user)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.lchown(Path(place, name), user, user)


def _last(report: int) -> dict[str, object]:
    """The first message of a pipe: an error of the command's start comes before the code of its end."""
    try:
        messages = os.read(report, 65536).splitlines()
    except BlockingIOError:
        return {}
    told: dict[str, object] = json.loads(messages[0]) if messages else {}
    return told


def main() -> None:
    """Read the plan and follow it."""
    plan: Plan = json.load(sys.stdin)
    linux.die_with_parent(plan["parent"])
    Supervisor(plan).run()


if __name__ == "__main__":
    main()
