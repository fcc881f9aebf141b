"""Isolation: bombs end in time, a broken worker is replaced, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from maestro_core.errors import InvalidArgument, ResourceExhausted
from maestro_template.backends.render.pool import RenderPool
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.model import File
from maestro_template.domain.ports import Source

MANIFEST = """id: demo
version: 1.0.0
name: Demo
summary: A demo.
category: testing
kind: python
owner: me
"""


def source(files, extra=""):
    folder = {"template.yaml": File((MANIFEST + extra).encode())}
    folder |= {path: File(content.encode()) for path, content in files.items()}
    return Source(digest(folder), read_folder(folder), folder)


GOOD = source({"files/a.jinja": "{{ 1 + 1 }}"})
LOOP = "{% for a in range(100000) %}"
END = "{% endfor %}"
BOMBS = {
    "endless loops": LOOP + LOOP + END + END,
    "a huge range": "{{ range(999999999) | list }}",
    "many huge ranges": "{% for a in range(100000) %}{{ range(100000) | sum }}{% endfor %}",
    "string multiplication": "{{ 'x' * 10 ** 10 }}",
    "doubling": "{% set ns = namespace(s='x') %}" + LOOP + "{% set ns.s = ns.s ~ ns.s %}" + END,
    "list doubling": "{% set ns = namespace(s=[1]) %}" + LOOP + "{% set ns.s = ns.s + ns.s %}" + END,
    "powers": "{{ (10 ** 10 ** 2) ** (10 ** 8) }}",
    "a wide field": "{{ '%999999999d' | format(1) }}",
    "centring": "{{ 'x' | center(9999999999) }}",
    "indentation": "{{ 'x\n' * 9999 | indent(9999999) }}",
    "a slow pattern": "{{ ('a' * 50 ~ 'b') | regex_replace('(a|aa)+$', '') }}",
    "macro recursion": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "wide recursion": "{% macro m(n) %}{{ m(n - 1) ~ m(n - 1) if n else '' }}{% endmacro %}{{ m(90) }}",
    "including itself": "{% include 'files/a.jinja' %}",
    "deep brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep blocks": "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
    "endless output": LOOP + LOOP + "xxxxxxxxxxxxxxxx{{ a }}" + END + END,
    "big json": "{{ range(100000) | list | to_json(indent=99999) }}",
    "word wrap": "{{ ('a ' * 5000000) | wordwrap(1) | length }}",
}


@pytest.fixture
async def pool():
    async with RenderPool(workers=2, timeout=1.0) as made:
        yield made


def descendants():
    return {process.pid for process in psutil.Process().children(recursive=True)}


def zygote():
    """The newest one; numbers of processes begin anew, so that the last in their order need not be it."""
    mine = [
        p for p in psutil.Process().children() if "maestro_template.backends.render.zygote" in p.cmdline()
    ]
    return max(mine, key=psutil.Process.create_time)


async def text_of(pool, what=GOOD, answers=None):
    return (await pool.render(what, answers or {}, {})).files["a"].content


@pytest.mark.parametrize("name", BOMBS)
async def test_every_bomb_ends_within_two_seconds_and_hurts_nobody(pool, name):
    await text_of(pool)
    begin = time.perf_counter()
    bomb, *others = await asyncio.gather(
        text_of(pool, source({"files/a.jinja": BOMBS[name]})),
        *(text_of(pool) for _ in range(5)),
        return_exceptions=True,
    )
    assert time.perf_counter() - begin < 2.0
    assert isinstance(bomb, ResourceExhausted | InvalidArgument), bomb
    assert others == [b"2"] * 5
    assert await text_of(pool) == b"2"


async def test_a_slow_pattern_in_a_parameter_ends_too(pool):
    extra = "parameters: {properties: {a: {type: string, pattern: '^(a+)+$'}}}\n"
    await text_of(pool)  # the workers are there
    begin = time.perf_counter()
    with pytest.raises(ResourceExhausted) as caught:
        await text_of(pool, source({"files/a": ""}, extra), {"a": "a" * 60 + "b"})
    assert caught.value.reason == "RENDER_LIMIT"
    assert time.perf_counter() - begin < 2.0


async def test_a_template_that_does_not_compile_is_told_and_one_that_never_ends_compiling_is_ended(pool):
    problems = await pool.problems(source({"files/a.jinja": "{% if %}", "files/b": "{% not rendered"}))
    assert [(problem.path, problem.line) for problem in problems] == [("files/a.jinja", 1)]
    # Jinja computes constants while it compiles.
    with pytest.raises(ResourceExhausted):
        await pool.problems(source({"files/a.jinja": "{{ 10 ** (10 ** 10) }}"}))


async def test_a_killed_worker_is_replaced(pool):
    await text_of(pool)
    for worker in zygote().children():
        os.kill(worker.pid, signal.SIGKILL)
    outcomes = [await asyncio.gather(text_of(pool), return_exceptions=True) for _ in range(4)]
    assert outcomes[-1] == [b"2"]


async def test_a_killed_zygote_is_replaced(pool):
    await text_of(pool)
    os.kill(zygote().pid, signal.SIGKILL)
    outcomes = [await asyncio.gather(text_of(pool), return_exceptions=True) for _ in range(4)]
    assert outcomes[-1] == [b"2"]


async def test_a_caller_that_goes_away_leaves_no_answer_for_the_next(pool):
    slow = asyncio.create_task(text_of(pool, source({"files/a.jinja": BOMBS["endless loops"]})))
    await asyncio.sleep(0.4)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert [await text_of(pool) for _ in range(4)] == [b"2"] * 4


async def test_too_many_callers_are_turned_away():
    async with RenderPool(workers=1, timeout=1.0, waiting=2) as pool:
        await text_of(pool)
        outcomes = await asyncio.gather(*(text_of(pool) for _ in range(20)), return_exceptions=True)
    assert outcomes.count(b"2") == 3
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, ResourceExhausted)} == {
        "RENDERER_BUSY"
    }


async def test_a_worker_can_open_nothing(pool):
    await text_of(pool)
    (worker, *_) = zygote().children()
    limits = {
        name: worker.rlimit(name) for name in (psutil.RLIMIT_NOFILE, psutil.RLIMIT_FSIZE, psutil.RLIMIT_NPROC)
    }
    assert set(limits.values()) == {(0, 0)}
    assert worker.rlimit(psutil.RLIMIT_AS)[1] <= 1024**3
    assert not {name for name in worker.environ() if name.startswith("MAESTRO")}


async def test_nothing_is_left_when_the_pool_closes():
    before = descendants()
    async with RenderPool(workers=2) as pool:
        await asyncio.gather(*(text_of(pool) for _ in range(4)))
        assert len(descendants() - before) == 3
    assert descendants() == before


def test_nothing_is_left_when_the_service_is_killed():
    script = (
        "import asyncio\n"
        "from maestro_template.backends.render.pool import RenderPool\n"
        "async def main():\n"
        "    async with RenderPool() as pool:\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as service:
        deadline = time.monotonic() + 20
        while len(family := psutil.Process(service.pid).children(recursive=True)) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        service.kill()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


async def test_only_the_answer_of_its_own_template_comes_back(pool):
    templates = [source({"files/a.jinja": f"{{{{ {number} }}}}"}) for number in range(40)]
    for _ in range(3):
        answers = await asyncio.gather(*(text_of(pool, template) for template in templates))
        assert answers == [str(number).encode() for number in range(40)]
