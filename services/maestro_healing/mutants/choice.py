"""Chooses the mutants that a unit of tests is tried on: of lines that it runs, the same ones each time."""

from __future__ import annotations

import ast
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from .mutator import ASSIGNMENT, BODY, Mutant
from .swap import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Covered = Mapping[str, set[int]]  # lines by path


class Chosen(NamedTuple):
    """A mutant, the file that it is of, and the units that are tried on it."""

    path: str
    source: Source
    mutant: Mutant
    units: list[str]

    @property
    def place(self) -> list[Any]:
        """What tells it from others: path, start, end, text."""
        return [self.path, list(self.mutant.start), list(self.mutant.end), self.mutant.text]


class Program:
    """The files of the product that tests run, read once."""

    def __init__(self, files: Mapping[str, str], covered: Mapping[str, Covered]) -> None:
        """`files` are absolute paths by what they are called, `covered` the lines that each unit runs."""
        self._covered = covered
        self._sources: dict[str, Source] = {}
        for path in sorted({path for lines in covered.values() for path in lines}):
            try:
                self._sources[path] = Source(files[path])
            except (OSError, SyntaxError, ValueError, RecursionError):
                continue  # nothing of it can be mutated
        self._functions = {path: list(_functions(s.tree)) for path, s in self._sources.items()}
        self._mentioned = {unit: self._mentions(lines) for unit, lines in covered.items()}

    def wanted(self, wanted: Mapping[str, Sequence[Any]]) -> tuple[list[Chosen], list[tuple[str, Any]]]:
        """The mutants asked for, in their order; and the units and places where nothing of it runs."""
        known = {_key(c.place): c for c in self._all()}
        missed = []
        for unit, places in wanted.items():
            for place in places:
                chosen = known.get(_key(place))
                if chosen is not None and self._runs(unit, chosen):
                    chosen.units.append(unit)
                else:
                    missed.append((unit, place))
        order = dict.fromkeys(_key(place) for places in wanted.values() for place in places)
        return [known[key] for key in order if key in known and known[key].units], missed

    def sample(self, size: int, lines: Mapping[str, Sequence[Any]] | None) -> list[Chosen]:
        """`size` mutants for each unit, or all that there are; one that several units run is shared."""
        mine: dict[str, list[Chosen]] = {unit: [] for unit in self._covered}
        runners: dict[int, list[str]] = {}
        for chosen in sorted(self._all(), key=_rank):
            if lines is None or _lies_in(chosen.mutant, lines.get(chosen.path, ())):
                runners[id(chosen)] = [unit for unit in mine if self._runs(unit, chosen)]
                for unit in runners[id(chosen)]:
                    mine[unit].append(chosen)
        order: dict[int, Chosen] = {}
        counts = dict.fromkeys(mine, 0)
        rest = {unit: (c for c in theirs if id(c) not in order) for unit, theirs in mine.items()}
        for round_ in range(size):
            for unit in mine:
                following = next(rest[unit], None) if counts[unit] <= round_ else None
                if following is not None:
                    order[id(following)] = following
                    for other in runners[id(following)]:
                        if counts[other] < size:
                            following.units.append(other)
                            counts[other] += 1
        return list(order.values())

    def _all(self) -> Iterator[Chosen]:
        for path, source in self._sources.items():
            for mutant in source.mutants:
                yield Chosen(path, source, mutant, [])

    def _runs(self, unit: str, chosen: Chosen) -> bool:
        """Whether the unit runs what the mutant changes."""
        mutant = chosen.mutant
        if mutant.where == ASSIGNMENT:
            return mutant.name in self._mentioned[unit]
        lines = self._covered[unit].get(chosen.path, set())
        if mutant.where == BODY:
            return not lines.isdisjoint(range(mutant.first, mutant.last + 1))
        return any(
            not lines.isdisjoint(range(first, last + 1))
            for head, first, last, _ in self._functions[chosen.path]
            if head == mutant.first
        )

    def _mentions(self, covered: Covered) -> set[str]:
        """All names in the functions that run."""
        return {
            name
            for path, lines in covered.items()
            for _, first, last, names in self._functions.get(path, ())
            if not lines.isdisjoint(range(first, last + 1))
            for name in names
        }


def _functions(tree: ast.Module) -> Iterator[tuple[int, int, int, set[str]]]:
    """Of each function its line, the first and last one of its body, and the names in it."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            yield node.lineno, node.body[0].lineno, node.end_lineno or node.lineno, names


def _lies_in(mutant: Mutant, ranges: Iterable[Any]) -> bool:
    return any(first <= mutant.start[0] and mutant.end[0] <= last for first, last in ranges)


def _rank(chosen: Chosen) -> bytes:
    """An order that looks random and is the same each time."""
    return hashlib.blake2b(repr(chosen.place).encode(), digest_size=8).digest()


def _key(place: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(tuple(part) if isinstance(part, list) else part for part in place)
