"""A test before and after, ready for the rules."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from maestro_healing.domain.guard.alignment import Alignment, align
from maestro_healing.domain.guard.facts import Event, EventKind, Facts
from maestro_healing.domain.guard.source import Function


@dataclass(frozen=True, eq=False)
class Pair:
    """One function on both sides of the change with the facts of each."""

    before: Function
    after: Function
    old: Facts
    new: Facts

    @cached_property
    def alignment(self) -> Alignment:
        """Old checks beside new ones."""
        return align(self.old.checks, self.new.checks)

    def added(self, kind: EventKind) -> Sequence[Event]:
        """Events of a kind that only the new side has."""
        left = Counter(e.key for e in self.old.events if e.kind is kind)
        found = []
        for event in self.new.events:
            if event.kind is kind:
                if left[event.key]:
                    left[event.key] -= 1
                else:
                    found.append(event)
        return found

    def removed(self, kind: EventKind) -> int:
        """How many events of a kind only the old side has."""
        left = Counter(e.key for e in self.old.events if e.kind is kind)
        left.subtract(Counter(e.key for e in self.new.events if e.kind is kind))
        return sum(n for n in left.values() if n > 0)
