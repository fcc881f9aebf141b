"""One unary Get, client and server on one core: Maestro with its layers beside FastAPI, uvicorn and httpx.

Run: python -m benchmarks.rpc
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.rpc.contenders import CONTENDERS, Call, settings_in
from maestro_core import logs
from maestro_core.processes import run

ROUNDS = 5
WARM_UP = 500
ALONE = 2000
TOGETHER = 6000
CALLERS = 32

LEAST_RATIO = 2.0
MOST_P99_US = 1000
MOST_LAYERS_US = 60


@dataclass(frozen=True)
class Measured:
    """Of one contender: calls a CPU second with many callers, and times in µs with one."""

    calls_per_cpu_second: float
    cpu_us: float
    p50_us: float
    p99_us: float


async def measure(name: str) -> Measured:
    with tempfile.TemporaryDirectory() as directory:
        settings = settings_in(Path(directory))
        logs.configure(settings, name)
        async with CONTENDERS[name](settings) as call:
            for _ in range(WARM_UP):
                await call()
            times = []
            before = time.process_time()
            for _ in range(ALONE):
                started = time.perf_counter()
                await call()
                times.append((time.perf_counter() - started) * 1e6)
            cpu_us = (time.process_time() - before) / ALONE * 1e6
            before = time.process_time()
            await asyncio.gather(*(repeat(call, TOGETHER // CALLERS) for _ in range(CALLERS)))
            rate = TOGETHER / (time.process_time() - before)
    percentiles = statistics.quantiles(times, n=100)
    return Measured(rate, cpu_us, percentiles[49], percentiles[98])


async def repeat(call: Call, count: int) -> None:
    for _ in range(count):
        await call()


def in_a_process(name: str) -> Measured:
    """Each contender has a fresh process, on one core."""
    command = [sys.executable, "-m", "benchmarks.rpc", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


def median(rounds: list[Measured]) -> Measured:
    fields = [asdict(one) for one in rounds]
    return Measured(**{key: statistics.median(one[key] for one in fields) for key in fields[0]})


def report() -> None:
    rounds: dict[str, list[Measured]] = {name: [] for name in CONTENDERS}
    for _ in range(ROUNDS):  # turn by turn, so that a busy moment of the machine hits all
        for name, measured in rounds.items():
            measured.append(in_a_process(name))
    results = {name: median(measured) for name, measured in rounds.items()}
    ours, _, fastapi = results.values()
    table = Table(title=f"One Get, client and server on one core; medians of {ROUNDS} rounds")
    for heading in ("", "calls per CPU second", "CPU µs per call", "p50 µs", "p99 µs", "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, one in results.items():
        table.add_row(
            name,
            f"{one.calls_per_cpu_second:,.0f}",
            f"{one.cpu_us:.0f}",
            f"{one.p50_us:.0f}",
            f"{one.p99_us:.0f}",
            f"{one.calls_per_cpu_second / fastapi.calls_per_cpu_second:.2f} ×",
        )
    console = Console(width=100)
    console.print(table)
    layers = statistics.median(map(cost_of_layers, *list(rounds.values())[:2]))
    ratio = ours.calls_per_cpu_second / fastapi.calls_per_cpu_second
    console.print(f"Calls a CPU second beside FastAPI: {ratio:.2f} × (target ≥ {LEAST_RATIO:.0f} ×).")
    console.print(f"p99 at one caller: {ours.p99_us:.0f} µs (target ≤ {MOST_P99_US} µs).")
    console.print(f"The layers of both sides: {layers:.0f} µs a call (target ≤ {MOST_LAYERS_US} µs).")


def cost_of_layers(ours: Measured, bare: Measured) -> float:
    """In CPU µs a call. Both were measured one after the other: what else the machine did hit both."""
    return 1e6 / ours.calls_per_cpu_second - 1e6 / bare.calls_per_cpu_second


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(json.dumps(asdict(run(measure(sys.argv[1])))))
    else:
        report()
