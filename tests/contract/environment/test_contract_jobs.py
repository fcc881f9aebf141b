"""What every backend promises about jobs, well-behaved and not."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import bombs
import psutil
import pytest
from place import Means, Place

from maestro_environment.domain.environment import Enforcement, Limits, ServiceKind
from maestro_environment.domain.job import CacheMount, JobState, NetworkAccess

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_exit_codes(place: Place) -> None:
    environment = await place.environment()
    assert (await place.run(environment, "true"))[0].state is JobState.SUCCEEDED
    failed, log = await place.run(environment, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (failed.state, failed.exit_code, log) == (JobState.FAILED, 3, "out\nerr\n")
    signalled, _ = await place.run(environment, "sh", "-c", "kill -SEGV $$")
    assert (signalled.state, signalled.exit_code) == (JobState.FAILED, 128 + 11)


async def test_a_program_that_does_not_exist(place: Place) -> None:
    environment = await place.environment()
    outcome, _ = await place.run(environment, "no-such-program")
    assert outcome.state is JobState.ERROR
    assert outcome.failure is not None
    assert outcome.failure.reason == "COMMAND_NOT_FOUND"


async def test_a_job_is_told_that_it_may_use_what_it_is_given(place: Place) -> None:
    """Where it is not our user, too, and what it is given lies below a folder that is for us alone."""
    environment = await place.environment()
    ask = "import os, sys; print(os.access(sys.executable, os.X_OK), os.access(sys.argv[1], os.W_OK))"
    _, log = await place.run(environment, sys.executable, "-c", ask, "{workspace}")
    assert log == "True True\n"


async def test_a_job_that_hangs_and_ignores_signals_is_stopped_in_time(place: Place) -> None:
    environment = await place.environment()
    script = "trap '' TERM INT HUP; (trap '' TERM; setsid sleep 300 &) ; echo up; while :; do sleep 1; done"
    started = time.monotonic()
    outcome, log = await place.run(environment, "sh", "-c", script, timeout=timedelta(seconds=1))
    assert outcome.state is JobState.TIMED_OUT
    assert log == "up\n"
    assert time.monotonic() - started < 4


async def test_a_grandchild_that_hides_ends_with_its_job(place: Place) -> None:
    environment = await place.environment()
    script = "import os, time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0: time.sleep(298.5)\n"
    outcome, _ = await place.run(environment, sys.executable, "-c", script)
    assert outcome.state is JobState.SUCCEEDED
    commands = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if command and "time.sleep(298.5)" in " ".join(command)]


async def test_a_memory_hog_is_stopped(place: Place) -> None:
    environment = await place.environment()
    outcome, _ = await place.run(environment, sys.executable, "-c", bombs.MEMORY_HOG)
    assert outcome.state is JobState.OUT_OF_MEMORY
    assert outcome.peak_memory_bytes >= 200 * 2**20


@pytest.mark.parametrize("kind", ["", "hides", "busy"])
async def test_a_fork_bomb_meets_a_limit_and_is_ended(place: Place, kind: str) -> None:
    environment = await place.environment()
    bomb = bombs.fork_bomb(hides=kind == "hides", busy=kind == "busy")
    outcome, log = await place.run(environment, sys.executable, "-c", bomb, timeout=timedelta(seconds=3))
    watched = outcome.failure is not None and outcome.failure.reason == "PROCESS_LIMIT"
    if environment.isolation.processes is Enforcement.ENFORCED:
        assert not watched
    assert watched or "refused" in log or kind == "busy"  # which may find no time to say so
    assert outcome.state is (JobState.FAILED if watched else JobState.TIMED_OUT)
    assert outcome.ended - outcome.started < timedelta(seconds=2 if watched else 10)
    assert place.processes(environment.name) == []
    assert (await place.run(environment, "true"))[0].state is JobState.SUCCEEDED


async def test_a_job_is_no_more_urgent_than_we_are(place: Place) -> None:
    environment = await place.environment()
    say = "import os; print(os.sched_getscheduler(0), os.nice(0))"
    _, log = await place.run(environment, sys.executable, "-c", say)
    assert log.split() == [str(os.sched_getscheduler(0)), str(os.nice(0))]


async def test_a_process_that_always_flees_into_a_child_ends_with_its_job(place: Place) -> None:
    environment = await place.environment()
    started = time.monotonic()
    outcome, _ = await place.run(environment, sys.executable, "-c", bombs.comet())
    assert outcome.state is JobState.SUCCEEDED
    assert time.monotonic() - started < 20  # it would go on for 30
    assert place.processes(environment.name) == []


async def test_a_job_that_prints_without_end_is_cut_off_and_goes_on(place: Place) -> None:
    environment = await place.environment()
    outcome, log = await place.run(environment, "sh", "-c", "yes | head -c 100000000; exit 5")
    assert (outcome.state, outcome.exit_code) == (JobState.FAILED, 5)
    assert outcome.log_truncated
    assert outcome.log_bytes == len(log) < 11 * 2**20
    assert log.endswith("bytes is reached]\n")


async def test_a_job_that_prints_bytes_that_are_no_text(place: Place) -> None:
    environment = await place.environment()
    job = place.job(environment, "head", "-c", "100000", "/dev/urandom")
    outcome = await place.backend.run_job(environment, job)
    assert outcome.log_bytes == 100_000


async def test_name_spaces_are_used_where_the_machine_has_them(place: Place, means: Means) -> None:
    try_it = (
        "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000 | 0x20000000))"  # user, processes
    )
    tried = await asyncio.create_subprocess_exec(sys.executable, "-c", try_it)
    walls = await tried.wait() == 0 and means.walls
    isolation = place.backend.isolation
    assert (isolation.filesystem is Enforcement.ENFORCED) == walls, isolation.mechanism
    assert (isolation.network is Enforcement.ENFORCED) == walls, isolation.mechanism


@pytest.mark.walled
async def test_a_job_writes_nowhere_but_where_it_may(place: Place) -> None:
    environment = await place.environment()
    canary = place.data_dir / "canary"
    canary.write_text("secret")
    probe = (
        "import os, sys\n"
        f"for path in ['/etc/x', '/usr/x', {str(place.data_dir / 'x')!r}, os.path.expanduser('~root/x'),\n"
        "             '/dev/x', '/sys/x', '/run/x', '/x', '/maestro/x', '/maestro/services/x',\n"
        "             '/proc/sys/kernel/core_pattern', '/proc/irq/default_smp_affinity']:\n"
        "    try:\n        open(path, 'r+' if 'proc' in path else 'w')\n        print('opened', path)\n"
        "    except OSError: pass\n"
        f"print(os.path.exists({str(canary)!r}))\n"
        "for path in ['file', '/tmp/file', '/dev/shm/file', os.path.expanduser('~/file')]: open(path, 'w')\n"
    )
    outcome, log = await place.run(environment, sys.executable, "-c", probe)
    assert (outcome.state, log) == (JobState.SUCCEEDED, "False\n")


@pytest.mark.walled
async def test_jobs_do_not_see_each_other(place: Place) -> None:
    environment, other = await place.environment(), await place.environment()
    sleeper = place.job(environment, "sleep", "297.5")
    running = asyncio.create_task(place.backend.run_job(environment, sleeper))
    look = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; touch /tmp/mine; echo; ls /tmp"
    _, log = await place.run(other, "sh", "-c", look)
    assert "297.5" not in log
    listed = set(log.splitlines()[1:])
    # An interpreter below /tmp is there by its own path; nothing else of the host's is.
    assert listed - {Path(sys.prefix).parts[2]} == {"mine"}
    await place.backend.cancel_job(sleeper.name)
    assert (await running).state is JobState.CANCELLED


@pytest.mark.walled
async def test_a_job_has_no_network_unless_it_asks(place: Place) -> None:
    environment = await place.environment()
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    knock = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
    own = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.socket().connect(s.getsockname())"
    )
    async with server:
        assert (await place.run(environment, sys.executable, "-c", knock))[0].state is JobState.FAILED
        asked, _ = await place.run(environment, sys.executable, "-c", knock, network=NetworkAccess.HOST)
        assert asked.state is JobState.SUCCEEDED
        assert (await place.run(environment, sys.executable, "-c", own))[0].state is JobState.SUCCEEDED


@pytest.mark.walled
async def test_a_job_has_no_network_by_way_of_its_database_either(place: Place) -> None:
    environment = await place.environment(ServiceKind.POSTGRESQL)
    knocks = 0

    async def hear(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal knocks
        knocks += 1
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    run = f"COPY (SELECT 1) TO PROGRAM $$bash -c 'echo up > /dev/tcp/127.0.0.1/{port}'$$"
    program = f"import psycopg; psycopg.connect(autocommit=True).execute({run!r})"
    async with server:
        outcome, log = await place.run(environment, sys.executable, "-c", program)
    assert (outcome.state, knocks) == (JobState.FAILED, 0)
    assert "ExternalRoutineException" in log  # it got as far as the program
    await place.backend.terminate(environment.name)


async def test_results_and_artifacts_are_kept_after_a_timeout(place: Place) -> None:
    environment = await place.environment()
    script = "echo '<testsuites/>' > r.xml; mkdir out; echo a > out/a.log; echo b > {artifacts}/b; sleep 60"
    job = place.job(environment, "sh", "-c", script, timeout=timedelta(seconds=1))
    job = replace(job, spec=replace(job.spec, junit_path="r.xml", artifact_patterns=("**/*.log",)))
    outcome = await place.backend.run_job(environment, job)
    assert outcome.state is JobState.TIMED_OUT
    assert outcome.junit == b"<testsuites/>\n"
    assert [artifact.path for artifact in outcome.artifacts] == ["b", "out/a.log"]
    await place.backend.terminate(environment.name)
    assert b"".join([piece async for piece in place.files.read_artifact(job.name, "out/a.log")]) == b"a\n"


async def test_traps_left_as_artifacts_catch_nobody(place: Place) -> None:
    environment = await place.environment()
    script = (
        "ln -s /etc/passwd link.txt; mkfifo pipe.txt; ln -s / root; echo x > shut.txt; chmod 0 shut.txt;"
        "head -c 100000000 /dev/zero > huge.txt; mkdir locked; chmod 0 locked; ln -s /etc/shadow junit.xml"
    )
    outcome, _ = await place.run(
        environment,
        *("sh", "-c", script),
        artifact_patterns=("*.txt", "root/etc/passwd"),
        junit_path="junit.xml",
        limits=Limits(256 * 2**20, 0, 48, 2**30),
    )
    assert outcome.junit is None
    assert "link.txt" not in [artifact.path for artifact in outcome.artifacts]
    assert not {"pipe.txt", "huge.txt"} & {artifact.path for artifact in outcome.artifacts}


async def test_a_cache_is_kept_between_jobs_and_read_only_unless_asked(place: Place) -> None:
    environment = await place.environment()
    written, _ = await place.run(
        environment, "sh", "-c", "echo kept > {cache.c}/f", caches=(CacheMount("c", writable=True),)
    )
    assert written.state is JobState.SUCCEEDED
    _, log = await place.run(environment, "sh", "-c", "cat {cache.c}/f", caches=(CacheMount("c"),))
    assert log == "kept\n"
    if environment.isolation.filesystem is Enforcement.ENFORCED:
        refused, _ = await place.run(environment, "sh", "-c", "echo > {cache.c}/f", caches=(CacheMount("c"),))
        assert refused.state is JobState.FAILED


@pytest.mark.parametrize("seconds", [0, 0.01, 0.02, 0.05, 0.1])
async def test_a_job_that_is_cancelled_while_it_starts_is_cancelled(place: Place, seconds: float) -> None:
    environment = await place.environment()
    job = place.job(environment, "sleep", "299.5")
    running = asyncio.create_task(place.backend.run_job(environment, job))
    await asyncio.wait([running], timeout=seconds)
    await place.backend.cancel_job(job.name)
    assert (await running).state is JobState.CANCELLED


async def test_ending_an_environment_ends_its_jobs(place: Place) -> None:
    environment = await place.environment()
    job = place.job(environment, "sleep", "296.5")
    running = asyncio.create_task(place.backend.run_job(environment, job))
    await asyncio.wait([running], timeout=0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await place.backend.terminate(environment.name)
    assert place.processes(environment.name) == []
