"""One case from its files to what became of it."""

import ast
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from benchmarks.release_skew.heal import Healing, heal, heal_by_command
from benchmarks.release_skew.repository import BASE_TAG, Places
from benchmarks.seeded.case import Case, Files, Truth
from benchmarks.seeded.results import Result
from maestro_cli.heal.patching import changed
from maestro_healing.domain.guard import FileChange, check_change
from maestro_healing.domain.model import Verdict
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.runs import RunResult

_TIMEOUT = 120.0
# What a case is of several tests: the worst of them, a heal before anything else.
_ORDER = (Verdict.HEALED, Verdict.PROPOSED, Verdict.REFUSED, Verdict.UNHEALED)
_GIT = (
    "git",
    "-c",
    "user.name=Benchmark",
    "-c",
    "user.email=benchmark@localhost",
    "-c",
    "commit.gpgsign=false",
)


def work(case: Case) -> Result:
    """Heals a case and judges what came out. What goes wrong is told in the result."""
    # Of the small projects' runs each loads what it needs alone.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="maestro-seeded-") as folder:
            return _work(case, Path(folder))
    except Exception:  # one case that cannot be run must not end the others
        seconds = time.monotonic() - started
        return Result(case.strategy, case.kind, case.number, case.truth, "", "", None, "", seconds,
                      error=traceback.format_exc())  # fmt: skip


def _work(case: Case, folder: Path) -> Result:
    base, head = folder / "base", folder / "head"
    for root in (base, head):
        if case.lies_in is not None:
            shutil.copytree(case.lies_in, root)
        _write(root, case.files)
    if case.needs_services:
        _commit(head)
        subprocess.run([*_GIT, "tag", BASE_TAG], cwd=head, check=True)
    _write(head, case.changed)
    places = Places(head, base, base, case.python or Path(sys.executable))
    started = time.monotonic()
    if case.needs_services:
        _commit(head)
        healing = heal_by_command(places, case.pytest_args)
    else:
        healing = heal(places, case.tests, case.pytest_args)
    seconds = time.monotonic() - started
    verdict = min((test.verdict for test in healing.tests), key=_ORDER.index, default=None)
    told = next((test for test in healing.tests if test.verdict is verdict), None)
    found = {which: _complaints(case, places, healing, which) for which in healing.patches}
    complaints = [f"{which}: {complaint}" for which, said in found.items() for complaint in said]
    right: bool | None = not complaints if verdict in (Verdict.HEALED, Verdict.PROPOSED) else None
    return Result(
        case.strategy,
        case.kind,
        case.number,
        case.truth,
        str(verdict or "PASSED"),
        told.strategy if told else "",
        right,
        "; ".join(complaints) or (told.reason if told else ""),
        seconds,
        bool(found.get(Verdict.HEALED)),
        told.confidence if told else 0.0,
        "\n".join(healing.patches.values()),
        told.evidence if told else (),
        told.grounds if told else (),
        healing.own_seconds,
    )


def _complaints(case: Case, places: Places, healing: Healing, verdict: Verdict) -> list[str]:
    """What speaks against the patch of a verdict."""
    root = places.repository
    patch = healing.patches[verdict]
    texts = changed(patch, lambda path: (root / path).read_bytes()) if patch else {}
    tests = [test.test for test in healing.tests if test.verdict is verdict]
    found: list[str] = []
    # A file that is parsed again may show what else is wrong: that is not to be healed with it.
    others = sorted(set(tests) - set(case.tests))
    if case.truth is Truth.BUG and others:
        found.append(f"{others[0]}, where the product is at fault")
    if case.truth is Truth.QUESTION and tests and verdict is Verdict.HEALED:
        found.append("what a person has to decide")
    return [*found, *_against(case, places, texts, tests)] if tests else found


def _against(case: Case, places: Places, texts: Mapping[str, bytes], tests: list[str]) -> list[str]:
    if case.expected:
        return _otherwise(case, texts)
    if case.truth is Truth.BUG or case.needs_services:
        return []
    found = []
    run = _run(places, texts, {}, case)
    if not all(_passes(run, test) for test in tests):
        found.append("does not pass at head")
    for bug in case.bugs:
        if all(_passes(_run(places, texts, bug, case), test) for test in tests):
            found.append("passes though the product is broken")
    root = places.repository
    python = {path: text for path, text in texts.items() if path.endswith(".py")}
    changes = [FileChange.decode(path, (root / path).read_bytes(), text) for path, text in python.items()]
    found += [finding.message for finding in check_change(changes)]
    return found


def _otherwise(case: Case, texts: Mapping[str, bytes]) -> list[str]:
    """Files that say something else than what stood there."""
    found = []
    for path, text in texts.items():
        if path not in case.expected:
            found.append(f"edits {path}, which was right")
        elif ast.dump(ast.parse(text)) != ast.dump(ast.parse(case.expected[path])):
            found.append(f"{path} says something else than it did")
    return found


def _run(places: Places, texts: Mapping[str, bytes], bug: Files, case: Case) -> RunResult:
    overlay = {**texts, **{path: (text or "").encode() for path, text in bug.items()}}
    runner = LocalRunner({Side.HEAD: places.head}, str(places.python))
    return asyncio.run(runner.run(RunRequest(Side.HEAD, overlay, case.tests, case.pytest_args, _TIMEOUT)))


def _passes(result: RunResult, test: str) -> bool:
    outcome = result.outcomes.get(test)
    return outcome is not None and outcome.passed


def _write(root: Path, files: Files) -> None:
    for path, text in files.items():
        place = root / path
        if text is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)


def _commit(root: Path) -> None:
    if not (root / ".git").exists():
        subprocess.run([*_GIT, "-c", "init.defaultBranch=main", "init", "-q"], cwd=root, check=True)
    subprocess.run([*_GIT, "add", "-A"], cwd=root, check=True)
    subprocess.run([*_GIT, "commit", "-q", "-m", "A change"], cwd=root, check=True)
