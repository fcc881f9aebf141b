"""Both sides of a change beside each other: which tests are affected, and what the rules say of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from maestro_healing.domain.guard import expansion
from maestro_healing.domain.guard.alignment import closest, effective, valuable
from maestro_healing.domain.guard.facts import Check, Facts, Place
from maestro_healing.domain.guard.matching import match
from maestro_healing.domain.guard.model import Finding, Kind, TouchedTest
from maestro_healing.domain.guard.pair import Pair
from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.rules import (
    binding,
    cases,
    collection,
    events,
    exceptions,
    hollow,
    operators,
    reach,
    subject,
    tolerance,
)
from maestro_healing.domain.guard.rules.weakening import Weakening
from maestro_healing.domain.guard.source import Function, Role
from maestro_healing.domain.guard.spare import Spare
from maestro_healing.domain.guard.touched import Touched
from maestro_healing.domain.guard.walker import facts

Rule = Callable[[Check, Check], Weakening | None]
_ON_CHECKS = (hollow.judge, tolerance.judge, exceptions.judge, operators.judge, reach.judge)
_ON_REPLACEMENTS = (hollow.judge, operators.collapsed)


class Comparison:
    """The change as a whole."""

    def __init__(self, old: Project, new: Project) -> None:
        self._old, self._new = old, new
        self._matches = match(old, new)
        self._touched = Touched(old, new)
        self._pairs: list[Pair] = []

    def findings(self) -> Iterator[Finding]:
        """Every weakening and every changed expectation."""
        for before, after in self._matches.pairs:
            if self._affected(before, after):
                self._pairs.append(Pair(before, after, facts(self._old, before), facts(self._new, after)))
        fresh = {f: facts(self._new, f) for f in self._matches.fresh if self._new.collects(f)}
        self._spare = self._surplus(fresh)
        self._spare_rows = self._fresh_rows(fresh)
        for pair in self._pairs:
            for weakening in self._weakenings(pair):
                yield _finding(weakening, pair.after)
        for function in self._matches.gone:
            yield from self._gone(function)
        for function, weakening in self._support():
            yield _finding(weakening, function)
        for weakening in (*collection.find(self._old, self._new), *binding.find(self._old, self._new)):
            yield Finding(weakening.place.path, weakening.place.line, weakening.kind, weakening.message, "")

    def touched(self) -> Iterator[TouchedTest]:
        """The tests that the change may alter and that both sides collect."""
        fresh: dict[str, list[str]] = defaultdict(list)
        for function in self._matches.fresh:
            if self._new.collects(function):
                fresh[function.path].append(function.id)
        for pair in self._pairs:
            before, after = pair.before, pair.after
            if self._old.collects(before) and self._new.collects(after):
                yield TouchedTest(before.id, after.id, after.line, tuple(fresh[after.path]))

    def _affected(self, before: Function, after: Function) -> bool:
        if before.id != after.id or before.text != after.text:
            return True
        return self._touched.reaches(after) or self._dropped(before, after)

    def _surplus(self, fresh: Mapping[Function, Facts]) -> Spare:
        spare = Spare()
        for function, new in fresh.items():
            for check in expansion.expanded(new):
                spare.add(function, check)
        for pair in self._pairs:
            for check in pair.alignment.gained:
                for copy in (check, *expansion.instances(check, pair.new)):
                    spare.add(pair.after, copy)
        return spare

    def _fresh_rows(self, fresh: Mapping[Function, Facts]) -> Counter[tuple[str, ...]]:
        tables = [t for new in fresh.values() for t in new.tables]
        for pair in self._pairs:
            names = {t.names for t in pair.old.tables}
            tables += [t for t in pair.new.tables if t.names not in names]
        return Counter(row for t in tables for row in t.rows or ())

    def _weakenings(self, pair: Pair) -> Iterator[Weakening]:
        if self._uncollected(pair):
            text = f"`{pair.before.qualname}` is no longer collected as `{pair.after.qualname}`"
            yield Weakening(Kind.TEST_UNCOLLECTED, _place(pair.after), text)
            return
        yield from events.find(pair)
        yield from subject.find(pair)
        for weakening, lost in cases.find(pair):
            if not all(self._take_row(row) for row in lost.elements()):
                yield weakening
        for old, new in pair.alignment.same:
            if valuable(old):
                yield from _unless_both_arms(self._first(old, new, (hollow.judge, reach.judge)), new, pair)
        for old, new in pair.alignment.changed:
            if valuable(old) and not self._replaced(old, new, pair):
                yield from self._changed(old, new, pair)
        yield from self._lost(pair)

    def _uncollected(self, pair: Pair) -> bool:
        if not self._dropped(pair.before, pair.after):
            return False
        return pair.after.role is not Role.HELPER or not self._new.called(pair.after)

    def _dropped(self, before: Function, after: Function) -> bool:
        """Whether a test was collected and is no longer."""
        if not self._old.collects(before):
            return False
        hidden = before.path != after.path and self._new.hides(after) and not self._old.hides(before)
        return hidden or not self._new.collects(after)

    def _first(self, old: Check, new: Check, rules: Sequence[Rule]) -> Iterator[Weakening]:
        for judge in rules:
            found = judge(old, new)
            if found is not None:
                yield found
                return

    def _changed(self, old: Check, new: Check, pair: Pair) -> Iterator[Weakening]:
        found = list(_unless_both_arms(self._first(old, new, _ON_CHECKS), new, pair))
        if found and found[0].kind is Kind.EXCEPTION_BROADENED and _message_checked(pair):
            found = []
        yield from found
        if not found and old.subject == new.subject and old.op == new.op and old.expected != new.expected:
            yield Weakening(Kind.EXPECTATION_CHANGED, new.place, f"`{old.text}` became `{new.text}`")

    def _replaced(self, old: Check, new: Check, pair: Pair) -> bool:
        """Whether the old check moved elsewhere, and the new one merely resembles it."""
        return old.subject != new.subject and self._spare.claim(old, pair.old, pair.before)

    def _take_row(self, row: tuple[str, ...]) -> bool:
        if self._spare_rows[row]:
            self._spare_rows[row] -= 1
            return True
        return False

    def _lost(self, pair: Pair) -> Iterator[Weakening]:
        gained = [c for c in pair.alignment.gained if effective(c)]
        lost = [
            c for c in pair.alignment.lost if valuable(c) and not self._spare.claim(c, pair.old, pair.before)
        ]
        lost = [c for c in lost if not _covered(c, pair)]
        for check, replacement in closest(lost, gained):
            if replacement is None:
                text = f"`{check.text}` is gone: nothing checks it any more"
                yield Weakening(Kind.ASSERTION_DELETED, self._where(check, pair), text)
            else:
                yield from self._first(check, replacement, _ON_REPLACEMENTS)

    def _where(self, check: Check, pair: Pair) -> Place:
        """The new test where the check stood in it, else the line that is gone."""
        if check.place.owner == pair.before.qualname:
            return Place(pair.after.path, pair.after.qualname, pair.after.line)
        return check.place

    def _gone(self, function: Function) -> Iterator[Finding]:
        if not self._old.collects(function):
            return
        before = facts(self._old, function)
        held = [c for c in before.checks if valuable(c)]
        if held and all(self._spare.claim(c, before, function) for c in held):
            return
        what = f"; nothing checks `{held[0].text}` any more" if held else ""
        yield Finding(
            function.path,
            function.line,
            Kind.TEST_DELETED,
            f"`{function.qualname}` is gone{what}",
            function.id,
        )

    def _support(self) -> Iterator[tuple[Function, Weakening]]:
        """Helpers and fixtures of the tests whose own checks were weakened, whoever calls them."""
        for function in self._old.functions():
            module = self._new.modules.get(function.path)
            after = module.functions.get(function.qualname) if module else None
            if function.role in (Role.TEST, Role.HOOK) or after is None or after.text == function.text:
                continue
            pair = Pair(function, after, facts(self._old, function), facts(self._new, after))
            for weakening in self._weakenings(pair):
                yield after, weakening


def _unless_both_arms(found: Iterator[Weakening], check: Check, pair: Pair) -> Iterator[Weakening]:
    """A check in one arm of a condition is no weaker where the other arm checks too."""
    for weakening in found:
        if weakening.kind is not Kind.CHECK_CONDITIONAL or not _other_arm_checks(check, pair):
            yield weakening


def _other_arm_checks(check: Check, pair: Pair) -> bool:
    opposite = {_negated(c) for c in check.context.conditions}
    return any(effective(c) and not opposite.isdisjoint(c.context.conditions) for c in pair.new.checks)


def _negated(condition: str) -> str:
    return condition.removeprefix("not ") if condition.startswith("not ") else f"not {condition}"


def _message_checked(pair: Pair) -> bool:
    """Whether a new check looks at the message that `match` looked at before."""
    return any("raised" in c.subject or "raised" in c.expected for c in pair.alignment.gained)


def _covered(check: Check, pair: Pair) -> bool:
    """A check of a caught message that a `match` now makes; a `fail` that a `raises` makes unneeded."""
    blocks = [c for c in (*pair.alignment.gained, *(n for _, n in pair.alignment.changed)) if c.exceptions]
    if check.op == "fail":
        return any(c.exceptions for c in pair.alignment.gained) or bool(pair.alignment.gained)
    about_message = "raised" in check.subject or "raised" in check.expected
    return about_message and any(c.exceptions and c.exceptions.match for c in blocks)


def _place(function: Function) -> Place:
    return Place(function.path, function.qualname, function.line)


def _finding(weakening: Weakening, function: Function) -> Finding:
    return Finding(weakening.place.path, weakening.place.line, weakening.kind, weakening.message, function.id)
