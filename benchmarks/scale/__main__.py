"""How a healing grows with the number of tests that fail of the same few causes.

A product of three changes (a renamed function, a renamed parameter, a moved module) and a suite of which N
tests use what changed. Healed by cause, the runs stay as many, whatever N is.
"""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import Policy, Verdict
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.runs import RunResult
from maestro_healing.domain.sources import FolderTree, Project

_BY_FILE = 20
_PRICES = """
def total(prices, discount=0):
    '''What all cost, less a discount in percent.'''
    return sum(prices) * (100 - discount) / 100


def label(name, upper=False):
    '''What stands on the shelf.'''
    return name.upper() if upper else name
"""
_DATES = """
def due(day):
    '''When it is to be brought back.'''
    return day + 14
"""
_NEW_PRICES = _PRICES.replace("total(", "sum_of(").replace("upper=", "shout=").replace("if upper", "if shout")
_OLD = {"shop/__init__.py": "", "shop/prices.py": _PRICES, "shop/dates.py": _DATES}
_NEW = {"shop/__init__.py": "", "shop/prices.py": _NEW_PRICES, "shop/days.py": _DATES}
_TESTS = {
    "renamed": ("from shop import prices\n", "    assert prices.total([{n}, 1]) == {n} + 1\n"),
    "parameter": ("from shop.prices import label\n", '    assert label("a{n}", upper=True) == "A{n}"\n'),
    "moved": ("import shop.dates\n", "    assert shop.dates.due({n}) == {n} + 14\n"),
}


@dataclass
class Counted:
    """A runner that counts."""

    runner: LocalRunner
    runs: int = 0
    mutant_jobs: int = 0
    first_seconds: float = 0.0

    async def run(self, request: RunRequest) -> RunResult:
        """One run."""
        self.runs += 1
        result = await self.runner.run(request)
        self.first_seconds = self.first_seconds or result.seconds
        return result

    async def mutate(self, request: RunRequest) -> bytes | None:
        """One job of mutants."""
        self.mutant_jobs += 1
        return await self.runner.mutate(request)


def make(folder: Path, count: int) -> Project:
    """A project with so many tests that fail, a third of each cause, and as many that pass."""
    files: dict[str, str] = {"pytest.ini": "[pytest]\n"}
    for place, (cause, (opening, body)) in enumerate(_TESTS.items()):
        mine = range(place, count, len(_TESTS))
        for start in range(0, len(mine), _BY_FILE):
            tests = [f"def test_{n}():\n{body.format(n=n)}" for n in mine[start : start + _BY_FILE]]
            path = f"tests/test_{cause}_{start // _BY_FILE}.py"
            files[path] = "\n\n".join([opening, *tests])
    files["tests/test_good.py"] = "\n\n".join(
        f"def test_{n}():\n    assert {n} + 1 > {n}\n" for n in range(count)
    )
    for side, product in (("base", _OLD), ("head", _NEW)):
        for path, text in {**files, **product}.items():
            target = folder / side / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    return Project(FolderTree(folder / "head"), FolderTree(folder / "base"), ())


async def heal(count: int, policy: Policy | None = None) -> tuple[HealingReport, Counted]:
    """Heal a suite of which so many tests fail."""
    with tempfile.TemporaryDirectory(prefix="maestro-scale-") as folder:
        project = make(Path(folder), count)
        assert project.base is not None
        runner = Counted(LocalRunner({Side.HEAD: project.head, Side.BASE: project.base}, sys.executable))
        return await Engine(runner, check_change).heal(project, policy=policy), runner


def main() -> int:
    """Print a row for each size. Exit status 1 where a test is not healed, or not by its cause."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[6, 60, 200], help="how many tests fail")
    print("  tests  failing  healed  causes  runs  of mutants  seconds  times the suite's own run")
    is_by_cause = True
    for count in parser.parse_args().sizes:
        report, runner = asyncio.run(heal(count))
        healed = [test for test in report.tests if test.verdict is Verdict.HEALED]
        causes = {test.cause for test in healed}
        is_by_cause &= len(healed) == len(report.tests) and len(causes) <= len(_TESTS)
        print(
            f"{report.total:>7} {len(report.tests):>8} {len(healed):>7} {len(causes):>7} {runner.runs:>5} "
            f"{runner.mutant_jobs:>11} {report.seconds:>8.1f} {report.seconds / runner.first_seconds:>10.1f}",
            flush=True,
        )
    return 0 if is_by_cause else 1


if __name__ == "__main__":
    sys.exit(main())
