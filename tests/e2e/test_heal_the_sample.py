"""`maestro heal` on the sample project, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
from waiting import wait_until

BIN = Path(sys.prefix) / "bin"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The project, with an interpreter's choice left to the command."""
    folder = tmp_path / "sample"
    subprocess.run([sys.executable, ROOT / "examples" / "make_sample.py", folder], check=True)
    return folder


def heal(sample: Path, *arguments: str) -> subprocess.Popen[str]:
    env = {**os.environ, "MAESTRO_DATA_DIR": str(sample.parent / "data")}
    command = [BIN / "maestro", "heal", sample, "--base", "last-good", *arguments]
    return subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # as at a terminal, even where the tests run in the background
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def state(sample: Path) -> tuple[str, dict[str, bytes]]:
    """What git says and what lies there: neither may change."""
    said = subprocess.run(
        ["git", "status", "--porcelain=v2", "--branch"],
        cwd=sample,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = (path for path in sample.rglob("*") if path.is_file() and ".git" not in path.parts)
    return said, {str(path): path.read_bytes() for path in files}


def nobody_uses(folder: Path) -> bool:
    return not any(
        str(folder) in " ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])
    )


@pytest.mark.slow
def test_heals_what_is_stale_refuses_the_bug_and_touches_nothing(sample: Path, tmp_path: Path) -> None:
    (sample / "notes.txt").write_text("mine\n")
    before = state(sample)
    written = tmp_path / "junit.xml", tmp_path / "report.md"
    process = heal(sample, "--json", "--junit", str(written[0]), "--report", str(written[1]))
    printed, said = process.communicate(timeout=110)
    assert process.returncode == 1, said
    outcome = json.loads(printed)
    verdicts = {test["verdict"] for test in outcome["tests"]}
    assert {"HEALED", "REFUSED"} <= verdicts
    assert all(test["evidence"] for test in outcome["tests"] if test["verdict"] == "HEALED")
    assert state(sample) == before
    subprocess.run(
        ["git", "apply", "--check", "-"], cwd=sample, input=outcome["patch"], text=True, check=True
    )
    assert "### ❌ REFUSED" in written[1].read_text()
    cases = ElementTree.parse(written[0]).getroot().iter("testcase")
    assert len(list(cases)) == len(outcome["tests"])
    assert wait_until(lambda: nobody_uses(tmp_path / "data"), timeout=10)


@pytest.mark.slow
def test_two_at_once_share_one_platform_and_leave_nothing(sample: Path, tmp_path: Path) -> None:
    both = [heal(sample, "--json") for _ in range(2)]
    outcomes = [json.loads(one.communicate(timeout=115)[0]) for one in both]
    first, second = ({t["test"]: t["verdict"] for t in outcome["tests"]} for outcome in outcomes)
    assert first == second
    assert [one.returncode for one in both] == [1, 1]
    assert wait_until(lambda: nobody_uses(tmp_path / "data"), timeout=10)


def test_a_budget_ends_what_would_not_end(sample: Path, tmp_path: Path) -> None:
    (sample / "tests" / "test_endless.py").write_text("import time\n\n\ndef test_a():\n    time.sleep(600)\n")
    process = heal(sample, "--budget", "3", "--", "tests/test_endless.py")
    _, said = process.communicate(timeout=90)
    assert process.returncode == 3, said
    assert "The budget ran out before" in said
    assert "--budget gives it more time" in said
    assert wait_until(lambda: nobody_uses(tmp_path / "data"), timeout=10)


@pytest.mark.parametrize("moment", ["Tests run with", "Prepare", "Run", "Verify"])
def test_a_cancelled_one_cleans_up(sample: Path, tmp_path: Path, moment: str) -> None:
    process = heal(sample)
    assert process.stderr is not None
    assert any(line.startswith(moment) for line in process.stderr)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode in (130, -signal.SIGINT)  # the latter before anything is started
    assert "Traceback" not in said
    assert nobody_uses(tmp_path / "data")
