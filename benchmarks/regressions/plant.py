"""Finds mutants of the product that make a passing test fail, by a seed, and keeps them as a record."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.local_runner import LocalRunner
from benchmarks.release_skew.oracle import RUN_TIMEOUT, oracle
from benchmarks.release_skew.repository import Places, make_places
from benchmarks.release_skew.rows import Pair
from maestro_healing.domain.mutation.answers import Outcome, Plan, read_answers
from maestro_healing.domain.ports import RunRequest, Side
from maestro_healing.domain.runs import RunResult
from maestro_healing.mutants.mutator import DEFAULT, Mutant, Text, mutants

_MOST_TESTS = 3
_FUNCTIONS = 8  # tried for each bug that is wanted, one case of each
_MUTANTS = 8  # tried for each of them
_DRIVER_SECONDS = 600.0
_TRIAL_SECONDS = 60.0  # a mutant may run for ever
_BOUNDARIES = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class Planted:
    """A bug in the product of release `new`, and the tests of release `old` that pass without it, on both
    releases, and fail with it.

    `text` stands where `was` stood, at this line (from 1) and column (in UTF-8 bytes, from 0).
    """

    package: str
    old: str
    new: str
    path: str
    line: int
    column: int
    operator: str
    was: str
    text: str
    is_changed_line: bool
    tests: tuple[str, ...] = ()

    @property
    def pair(self) -> str:
        """Name of the step that it is planted on."""
        return f"{self.package}-{self.old}-{self.new}"

    @property
    def key(self) -> str:
        """What names it."""
        return f"{self.package} {self.new} {self.path}:{self.line}:{self.column} {self.operator}"

    def source(self, original: bytes) -> bytes:
        """The file with the bug. Raises ValueError where the record is of another text."""
        text, start = Text(original), (self.line, self.column)
        end = text.after(start, len(self.was.encode()))
        if text.between(start, end) != self.was.encode():
            raise ValueError(f"{self.key}: `{self.was}` does not stand there; plant anew with --plant")
        return text.replaced(start, end, self.text.encode())


@dataclass(frozen=True)
class _Candidate:
    """A mutant, and tests that it makes fail."""

    path: str
    mutant: Mutant
    is_changed_line: bool
    tests: tuple[str, ...]


def read_planted(file: Path) -> list[Planted]:
    """The record; nothing where there is none."""
    lines = file.read_text().splitlines() if file.exists() else []
    found = [json.loads(line) for line in lines]
    return [Planted(**{**values, "tests": tuple(values["tests"])}) for values in found]


def append_planted(file: Path, found: Iterable[Planted]) -> None:
    """Adds to the record: one JSON line each."""
    with file.open("a") as stream:
        stream.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)


def plant(pair: Pair, wanted: int, seed: int, cache: Path) -> list[Planted]:
    """Up to `wanted` bugs in one pair's product, spread over operators and files."""
    places = make_places(pair, cache)
    known = asyncio.run(oracle(pair, places, cache))
    return asyncio.run(_Planter(pair, places, known.pytest_args).plant(wanted, seed))


class _Planter:
    def __init__(self, pair: Pair, places: Places, pytest_args: tuple[str, ...]) -> None:
        self._pair = pair
        self._places = places
        self._pytest_args = pytest_args
        self._runner = LocalRunner({Side.HEAD: places.head, Side.BASE: places.base}, str(places.python))

    async def plant(self, wanted: int, seed: int) -> list[Planted]:
        chance = random.Random(f"{seed} {self._pair.name}")
        tests = await self._tests(wanted * _FUNCTIONS, chance)
        found: dict[str, Planted] = {}
        for candidate in _in_turn(await self._killed(tests), chance):
            if len(found) == wanted:
                break
            one = self._planted(candidate, chance)
            # the driver has seen its mutants fail, but a message gets a slip of our own
            if candidate.mutant.operator == "text":
                one = replace(one, tests=await self._failing(one))
            if one.tests:
                found.setdefault(one.key, one)
        return list(found.values())

    async def _tests(self, wanted: int, chance: random.Random) -> list[str]:
        """Tests that pass on both sides, one of each function's cases: what the step itself broke is no case
        of ours.
        """
        functions: dict[str, list[str]] = defaultdict(list)
        for test in _passing(await self._run(Side.HEAD, {}, ())):
            functions[test.partition("[")[0]].append(test)
        tests = [chance.choice(cases) for _, cases in sorted(functions.items())]
        chosen = chance.sample(tests, min(wanted, len(tests)))
        at_base = set(_passing(await self._run(Side.BASE, {}, chosen)))
        return [test for test in chosen if test in at_base]

    async def _killed(self, tests: Sequence[str]) -> list[_Candidate]:
        """Mutants of lines that these tests run, and that make one fail, by assertion or otherwise."""
        product = self._places.head.product
        units = {test: [test] for test in tests}
        plan = Plan(units, product, _DRIVER_SECONDS, sample=_MUTANTS, alone=True)
        timeout = _DRIVER_SECONDS + RUN_TIMEOUT
        request = RunRequest(Side.HEAD, {}, (), self._pytest_args, timeout, plan.encode())
        killers: dict[tuple[object, ...], list[str]] = defaultdict(list)
        for test, answer in read_answers(await self._runner.mutate(request)).items():
            for tried in answer.with_outcome(Outcome.ASSERTION, Outcome.CRASH):
                place = tried.place
                killers[place.path, place.start, place.end, place.text].append(test)
        found = []
        for path in sorted({str(place[0]) for place in killers}):
            before = set((self._places.base.text(path) or "").splitlines())
            original = self._original(path)
            lines = Text(original).lines
            for mutant in mutants(original):
                by = killers.get((path, mutant.start, mutant.end, mutant.text))
                if by:
                    is_changed = lines[mutant.start[0] - 1].decode() not in before
                    found.append(_Candidate(path, mutant, is_changed, tuple(sorted(by)[:_MOST_TESTS])))
        return found

    def _planted(self, candidate: _Candidate, chance: random.Random) -> Planted:
        pair, mutant, original = self._pair, candidate.mutant, self._original(candidate.path)
        was = Text(original).between(mutant.start, mutant.end).decode()
        text = _text(mutant, original, chance)
        place = (candidate.path, *mutant.start, _kind(mutant))
        what = (was, text, candidate.is_changed_line, candidate.tests)
        return Planted(pair.package, pair.old, pair.new, *place, *what)

    async def _failing(self, one: Planted) -> tuple[str, ...]:
        overlay = {one.path: one.source(self._original(one.path))}
        result = await self._run(Side.HEAD, overlay, one.tests, _TRIAL_SECONDS)
        return tuple(failure.test for failure in result.failures() if failure.test in one.tests)

    async def _run(
        self, side: Side, overlay: dict[str, bytes], tests: Sequence[str], timeout: float = RUN_TIMEOUT
    ) -> RunResult:
        request = RunRequest(side, overlay, tuple(tests), self._pytest_args, timeout)
        return await self._runner.run(request)

    def _original(self, path: str) -> bytes:
        return (self._places.repository / path).read_bytes()


def _passing(result: RunResult) -> list[str]:
    return [test for test, outcome in result.outcomes.items() if outcome.passed]


def _in_turn(candidates: list[_Candidate], chance: random.Random) -> list[_Candidate]:
    """Shuffled, such that rare operators and lines that the step changed come as often as common ones."""
    chance.shuffle(candidates)
    seen: Counter[tuple[str, bool]] = Counter()
    ranked = []
    for candidate in candidates:
        kind = _kind(candidate.mutant), candidate.is_changed_line
        seen[kind] += 1
        ranked.append((seen[kind], candidate))
    return [candidate for _, candidate in sorted(ranked, key=lambda pair: pair[0])]


def _kind(mutant: Mutant) -> str:
    """What people call such a bug."""
    if mutant.where == DEFAULT:
        return "default"
    if mutant.operator == "comparison" and mutant.text in _BOUNDARIES:
        return "boundary"
    return "message" if mutant.operator == "text" else mutant.operator


def _text(mutant: Mutant, original: bytes, chance: random.Random) -> str:
    """What stands there with the bug: a message gets a slip of the kind that people make."""
    if mutant.operator != "text":
        return mutant.text
    line = Text(original).lines[mutant.start[0] - 1]
    after = line[mutant.start[1] :].decode("utf-8", "replace")
    first = after[:1]
    return chance.choice((first, f"{first} ", "not ") if first.isalpha() else (" ", "-", "0"))
