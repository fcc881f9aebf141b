"""Tests that look too early: what is healed, what is proposed, and what is refused."""

from collections.abc import Callable

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import TestHealing, Verdict
from maestro_healing.domain.ports import RunRequest
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import Project
from maestro_healing.domain.strategies.waits.pollable import Pollable

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]

FILE = "tests/test_worker.py"
WORKER = '''
import threading
import time

PAUSE = {pause}


class Worker:
    """Works in a thread of its own."""

    def __init__(self, folder=None):
        self.results = []
        self.errors = []
        self.finished = threading.Event()
        self.folder = folder
        self._lock = threading.Lock()

    def start(self):
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def state(self):
        with self._lock:
            return "done" if self.finished.is_set() else "running"

    def _work(self):
        time.sleep(PAUSE)
        self.results.append("result")
        if self.folder is not None:
            (self.folder / "result.txt").write_text("result")
        self.finished.set()
'''


@pytest.fixture(autouse=True)
def lean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run loads what it needs alone."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_asyncio.plugin")


async def heal(project: Project, runner: LocalRunner) -> HealingReport:
    return await Engine(runner, check_change).heal(project)


async def healed_test(
    make_project: MakeProject,
    run_locally: RunLocally,
    test: str,
    *,
    before: float = 0.3,
    after: float = 0.3,
    extra: dict[str, str] | None = None,
    has_base: bool = True,
) -> tuple[TestHealing, HealingReport]:
    base = {
        "worker.py": WORKER.format(pause=before),
        FILE: test,
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    }
    head = {"worker.py": WORKER.format(pause=after), **(extra or {})}
    project = make_project(base, head, has_base=has_base)
    report = await heal(project, run_locally(project))
    (found,) = report.tests
    return found, report


SLEPT = """
import time

from worker import Worker


def test_result():
    worker = Worker()
    worker.start()
    time.sleep({slept})  # should be enough
    assert worker.results == ["result"]
    assert worker.state() == "done"
"""


async def test_a_sleep_becomes_a_wait_for_what_is_asserted(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    found, report = await healed_test(make_project, run_locally, SLEPT.format(slept=0.1))
    assert (found.verdict, found.strategy) == (Verdict.HEALED, "timing_adjustment"), found
    assert report.edited({found.test})[FILE] == SLEPT.format(slept=0.1).replace(
        "    time.sleep(0.1)  # should be enough\n",
        "    deadline = time.monotonic() + 5\n"
        '    while not (worker.results == ["result"] and worker.state() == "done") and time.monotonic() < deadline:\n'
        "        time.sleep(0.01)\n",
    )


async def test_a_product_that_takes_longer_for_no_known_reason_is_a_question(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    """The pause is no number of the product's that changed: it works longer."""
    slower = WORKER.format(pause=0.05).replace("time.sleep(PAUSE)", "[time.sleep(PAUSE) for _ in range(10)]")
    test = SLEPT.format(slept=0.2)
    found, _ = await healed_test(make_project, run_locally, test, before=0.05, extra={"worker.py": slower})
    assert (found.verdict, found.strategy) == (Verdict.PROPOSED, "timing_adjustment"), found
    assert "nothing in its diff says that this is meant" in " ".join(found.evidence)


async def test_a_product_that_takes_longer_by_its_diff_is_proposed(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    found, _ = await healed_test(make_project, run_locally, SLEPT.format(slept=0.2), before=0.05, after=0.6)
    assert found.verdict is Verdict.PROPOSED
    assert "a bug has a diff too" in " ".join(found.evidence)


async def test_a_product_that_takes_longer_on_purpose_is_healed(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    news = {"CHANGES.md": "# Changes\n\nWorkers now pause for 0.6 seconds before they work.\n"}
    test = SLEPT.format(slept=0.2)
    found, _ = await healed_test(make_project, run_locally, test, before=0.05, after=0.6, extra=news)
    assert found.verdict is Verdict.HEALED
    assert "CHANGES.md:3 says" in " ".join(found.evidence)


async def test_what_never_comes_is_not_waited_for(make_project: MakeProject, run_locally: RunLocally) -> None:
    bug = {"worker.py": WORKER.format(pause=0.05).replace('append("result")', 'append("resul")')}
    found, report = await healed_test(
        make_project, run_locally, SLEPT.format(slept=0.3), before=0.05, extra=bug
    )
    assert found.strategy != "timing_adjustment"
    assert found.verdict is not Verdict.HEALED
    assert "deadline" not in report.proposed_patch


async def test_what_holds_at_first_and_then_no_more_is_not_waited_for(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    """A wait would be over at once, and see nothing of the bug."""
    test = """
        import time
        from worker import Worker

        def test_nothing_goes_wrong():
            worker = Worker()
            worker.start()
            time.sleep(0.3)
            assert worker.errors == []
        """
    bug = {"worker.py": WORKER.format(pause=0.05) + "        self.errors.append('bug')\n"}
    found, report = await healed_test(make_project, run_locally, test, before=0.05, extra=bug)
    assert found.strategy != "timing_adjustment"
    assert report.patch == ""


async def test_the_sleep_stays_where_another_assertion_needs_it(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    test = SLEPT.format(slept=0.1) + "    assert worker.errors == []\n"
    found, report = await healed_test(make_project, run_locally, test)
    assert found.verdict is Verdict.HEALED
    healed = report.edited({found.test})[FILE]
    assert "time.sleep(0.1)  # should be enough\n    deadline = time.monotonic() + 5\n" in healed


ASYNC = """
import asyncio

from worker import Worker


async def test_result():
    worker = Worker()
    worker.start()
    await asyncio.sleep(0.05)
    state = worker.state()
    assert state == "done"
"""


async def test_an_asynchronous_test_waits_without_blocking_its_loop(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    found, report = await healed_test(make_project, run_locally, ASYNC)
    assert found.verdict is Verdict.HEALED
    healed = report.edited({found.test})[FILE]
    assert '    while worker.state() != "done" and time.monotonic() < deadline:\n' in healed
    assert "        await asyncio.sleep(0.01)\n    state = worker.state()\n" in healed


async def test_a_file_that_is_not_there_yet_is_waited_for(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    test = """
        import time
        from worker import Worker

        def test_file(tmp_path):
            Worker(tmp_path).start()
            time.sleep(0.1)
            assert (tmp_path / "result.txt").read_text() == "result"
        """
    found, report = await healed_test(make_project, run_locally, test)
    assert found.verdict is Verdict.HEALED, (found.reason, found.evidence, found.confidence, found.failure)
    assert '(tmp_path / "result.txt").exists() and (tmp_path / "result.txt").read_text()' in report.patch


async def test_a_race_without_any_wait_is_one_too(make_project: MakeProject, run_locally: RunLocally) -> None:
    test = SLEPT.replace("    time.sleep({slept})  # should be enough\n", "")
    found, report = await healed_test(make_project, run_locally, test)
    assert found.verdict is Verdict.HEALED, (found.reason, found.evidence, found.confidence, found.failure)
    assert "    worker.start()\n+    deadline" in report.patch.replace("\n ", "\n")


BOUNDED = """
from worker import Worker

PATIENCE = 0.2


def test_result():
    worker = Worker()
    worker.start()
    assert worker.finished.wait(PATIENCE)
    assert worker.results == ["result"]
"""


async def test_a_bound_that_was_always_tight_is_widened(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    found, report = await healed_test(make_project, run_locally, BOUNDED)
    assert found.verdict is Verdict.HEALED, (found.reason, found.evidence, found.confidence, found.failure)
    assert report.edited({found.test})[FILE] == BOUNDED.replace("PATIENCE = 0.2", "PATIENCE = 5")


async def test_a_bound_that_the_product_outgrew_for_no_known_reason_is_right(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    slower = WORKER.format(pause=0.05).replace("time.sleep(PAUSE)", "[time.sleep(PAUSE) for _ in range(10)]")
    found, report = await healed_test(
        make_project, run_locally, BOUNDED, before=0.05, extra={"worker.py": slower}
    )
    assert found.verdict is Verdict.REFUSED
    assert "became slower and nothing says why" in found.reason
    assert report.patch == report.proposed_patch == ""


async def test_a_check_of_time_is_never_edited(make_project: MakeProject, run_locally: RunLocally) -> None:
    test = """
        import time
        from worker import Worker

        def test_result_comes_soon():
            worker = Worker()
            began = time.perf_counter()
            worker._work()
            elapsed = time.perf_counter() - began
            assert elapsed < 0.3
        """
    found, report = await healed_test(make_project, run_locally, test, before=0.05, after=0.5)
    assert found.verdict is Verdict.REFUSED, found
    assert "it became slower" in found.reason
    assert report.proposed_patch == ""


class Recording:
    """Keeps what a runner is asked to run."""

    def __init__(self, runner: LocalRunner) -> None:
        self._runner = runner
        self.overlays: list[bytes] = []

    async def run(self, request: RunRequest) -> RunResult:
        self.overlays.append(b"".join(request.overlay.values()))
        return await self._runner.run(request)

    async def mutate(self, request: RunRequest) -> bytes | None:
        return await self._runner.mutate(request)


async def test_nothing_is_measured_where_no_test_waits(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    test = "from worker import PAUSE\n\n\ndef test_pause():\n    assert PAUSE == 1\n"
    base = {"worker.py": "PAUSE = 1\n", FILE: test, "pytest.ini": ""}
    project = make_project(base, {"worker.py": "PAUSE = 2\n"})
    runner = Recording(run_locally(project))
    await Engine(runner, check_change).heal(project)
    assert runner.overlays[:2] == [b"", b""]
    assert not any(b"maestro_probe" in overlay for overlay in runner.overlays)


@pytest.mark.parametrize(
    "look", ["worker.results.pop()", "next(worker.stream)", "worker.queue.get()", "worker.start()"]
)
def test_what_changes_something_is_not_looked_at_twice(make_project: MakeProject, look: str) -> None:
    text = WORKER.format(pause=1)
    pollable = Pollable({FILE: ""}, ProductChange(make_project({"worker.py": text}, {}, has_base=False)))
    assert not pollable(f"{look} == 1", FILE)
    assert pollable("worker.state() == 'done' and len(worker.results) == 1", FILE)
