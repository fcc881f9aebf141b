"""Plants dependences between tests of real suites, by a seed, and keeps them as a record."""

import ast
import json
import random
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.order_dependence.kinds import KINDS, Dependence
from benchmarks.order_dependence.results import PLANTED
from benchmarks.order_dependence.suites import Row, Suite
from benchmarks.release_skew.repository import Places, make_places
from benchmarks.release_skew.rows import Pair, read_pairs
from benchmarks.seeded.suites import PYTEST_ARGS
from maestro_healing.domain.ports import Conditions
from maestro_healing.domain.sources import is_test_path

# Small ones, whose suites take seconds.
PACKAGES = ("pluggy", "mistune", "sqlparse")
_MOST_FILES = 3
_TRIES = 12


@dataclass(frozen=True)
class Planted:
    """A dependence between two tests of a release; `files` are the tests that run beside them."""

    package: str
    release: str
    kind: str
    files: tuple[str, ...]
    polluter: str
    victim: str
    dependence: Dependence

    @property
    def name(self) -> str:
        """What tells it from others, fit for a folder."""
        return f"{self.package}-{self.kind}".replace(" ", "-")


def read_planted(file: Path) -> list[Planted]:
    """The record; nothing where there is none."""
    lines = file.read_text().splitlines() if file.exists() else []
    return list(map(TypeAdapter(Planted).validate_json, lines))


def write_planted(file: Path, found: Iterable[Planted]) -> None:
    """One JSON line each."""
    file.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found))


def planted_suite(one: Planted, number: int, data: Path, cache: Path, folder: Path) -> Suite:
    """The release with the dependence, copied below `folder`. Raises LookupError for an unknown release."""
    places = _places(one.package, one.release, data, cache)
    root = folder / one.name
    shutil.copytree(places.new, root)
    for test, lines, is_end in (
        (one.polluter, one.dependence.leaves, True),
        (one.victim, one.dependence.checks, False),
    ):
        file = root / _parts(test)[0]
        file.write_text(planted_text(file.read_text(), test, lines, is_end))
    row = Row(f"{PLANTED}: {one.kind}", number, one.victim, one.polluter)
    return Suite(root, places.python, (row,), one.files, PYTEST_ARGS)


def plant(data: Path, cache: Path, seed: int, folder: Path) -> Iterator[Planted]:
    """One dependence of each kind in each package, each tried: the tests pass in one order, the victim fails
    in the other.
    """
    for package in PACKAGES:
        pair = _pairs(package, data)[-1]
        places = make_places(pair, cache)
        modules = dict(_modules(pair, places))
        for kind, make in KINDS.items():
            chance = random.Random(f"{seed} {package} {kind}")
            files, tests = _passing(places, chance)
            for attempt in range(_TRIES):
                dependence = make(package, modules, chance)
                if dependence is None:
                    break
                polluter, victim = chance.sample(tests, 2)
                if dependence.is_needed and tests.index(polluter) > tests.index(victim):
                    polluter, victim = victim, polluter
                one = Planted(package, pair.new, kind, files, polluter, victim, dependence)
                if _holds(planted_suite(one, 0, data, cache, folder / str(attempt)), one):
                    yield one
                    break


def _holds(suite: Suite, one: Planted) -> bool:
    alone = Conditions((one.victim,))
    after = Conditions((one.polluter, one.victim))
    found = suite.run_each([alone, after, Conditions((one.victim, one.polluter))], {})
    good, bad = (after, alone) if one.dependence.is_needed else (alone, after)
    return (
        found[good].passes(one.victim)
        and not found[bad].passes(one.victim)
        and found[after].passes(one.polluter)
    )


def _passing(places: Places, chance: random.Random) -> tuple[tuple[str, ...], list[str]]:
    """Some files of tests, and the tests in them that may be planted in: without parameters, and passing."""
    paths = sorted(path.relative_to(places.new).as_posix() for path in places.new.rglob("test_*.py"))
    chance.shuffle(paths)
    files = tuple(sorted(paths[:_MOST_FILES]))
    result = Suite(places.new, places.python, (), files, PYTEST_ARGS).run()
    passing = [test for test in result.collected if test in result.outcomes and result.outcomes[test].passed]
    texts = {file: (places.new / file).read_text() for file in files}
    return files, [test for test in passing if _named(texts[_parts(test)[0]], test) is not None]


def _modules(pair: Pair, places: Places) -> Iterator[tuple[str, str]]:
    """The product's modules that can be imported by name."""
    for root in (places.new, places.new / "src"):
        for module in pair.modules:
            for path in sorted((root / module).rglob("*.py")):
                parts = path.relative_to(root).with_suffix("").parts
                if not is_test_path(path.relative_to(root).as_posix()) and not parts[-1].startswith("__"):
                    yield ".".join(parts), path.read_text()


def _pairs(package: str, data: Path) -> Sequence[Pair]:
    return list(read_pairs(data, (package,)))


def _places(package: str, release: str, data: Path, cache: Path) -> Places:
    for pair in _pairs(package, data):
        if pair.new == release:
            return make_places(pair, cache)
    raise LookupError(f"{package} {release} is none of the releases in {data}")


def _parts(test: str) -> list[str]:
    return test.split("::")


def _named(text: str, test: str) -> ast.FunctionDef | None:
    """The function of a test's file that a test id names; None where it is none, or has parameters."""
    scope: ast.AST = ast.parse(text)
    for part in _parts(test)[1:]:
        nodes = (n for n in ast.iter_child_nodes(scope) if isinstance(n, ast.FunctionDef | ast.ClassDef))
        found = next((node for node in nodes if node.name == part), None)
        if found is None:
            return None
        scope = found
    return scope if isinstance(scope, ast.FunctionDef) else None


def planted_text(text: str, test: str, lines: Sequence[str], is_end: bool) -> str:
    """The text with lines at the end of a test's function, or at its beginning."""
    function = _named(text, test)
    assert function is not None
    first, last = function.body[0], function.body[-1]
    indent = " " * first.col_offset
    added = textwrap.indent("\n".join(lines), indent).split("\n")
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    decorators = getattr(first, "decorator_list", [])
    start = (first.end_lineno or first.lineno) if is_text else min(n.lineno for n in (*decorators, first)) - 1
    place = (last.end_lineno or last.lineno) if is_end else start
    found = text.split("\n")
    return "\n".join([*found[:place], *added, *found[place:]])
