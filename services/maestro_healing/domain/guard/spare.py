"""Checks that are new somewhere in the change: what one test lost may have moved there."""

from collections import defaultdict

from maestro_healing.domain.guard import expansion
from maestro_healing.domain.guard.alignment import effective
from maestro_healing.domain.guard.facts import Check, Facts
from maestro_healing.domain.guard.source import Function

_RELATED = 0.4


def shared(one: Function, other: Function) -> float:
    """How much of the smaller of two functions stands in the other as well, 0 to 1."""
    mine, theirs = one.shingles, other.shingles
    return len(mine & theirs) / max(min(len(mine), len(theirs)), 1)


class Spare:
    """New checks by their key, each to be claimed once."""

    def __init__(self) -> None:
        self._holders: dict[str, list[Function]] = defaultdict(list)

    def add(self, holder: Function, check: Check) -> None:
        """A new check of `holder`."""
        if effective(check):
            self._holders[check.key].append(holder)

    def claim(self, check: Check, facts: Facts, owner: Function) -> bool:
        """Whether a check of `owner` stands elsewhere now, for every row that fed it."""
        copies = expansion.instances(check, facts) or [check]
        found = [self._holder(c.key, owner) for c in copies]
        if None in found:
            return False
        for copy, holder in zip(copies, found, strict=True):
            if holder in self._holders[copy.key]:
                self._holders[copy.key].remove(holder)
        return True

    def _holder(self, key: str, owner: Function) -> Function | None:
        for holder in self._holders.get(key, ()):
            if holder.id == owner.id or shared(holder, owner) >= _RELATED:
                return holder
        return None
