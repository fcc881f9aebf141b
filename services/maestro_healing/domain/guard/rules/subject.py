"""Tests that check a stand-in instead of the product."""

import re
from collections.abc import Iterator

from maestro_healing.domain.guard.facts import Check, EventKind
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.pair import Pair
from maestro_healing.domain.guard.rules.weakening import Weakening

_MOCKED = re.compile(
    r"\b(Magic|Async|NonCallable)?Mock\(|\b(create_autospec|SimpleNamespace)\(|local function \w+\(|^Lambda\("
)
_TRIVIAL = {"", "None", "True", "False", "0", "1", "''", "[]", "{}", "()"}


def find(pair: Pair) -> Iterator[Weakening]:
    """A new patch of what a check calls, or one that returns what a check expects."""
    kept = [(old, new) for old, new in (*pair.alignment.same, *pair.alignment.changed) if not old.hollow]
    for event in pair.added(EventKind.PATCH):
        own = {name for name in event.targets if name.startswith("assert")}
        if any(f".{name}(" in new.text for _, new in kept for name in own):
            text = f"`{event.text[:120]}` replaces {', '.join(sorted(own))}, by which the test checks"
            yield Weakening(Kind.SUBJECT_REPLACED, event.place, text)
            continue
        for old, new in kept:
            hit = event.targets & _subject_names(new) & _subject_names(old)
            planted = event.value not in _TRIVIAL and event.value == new.expected == old.expected
            if hit or planted:
                what = ", ".join(sorted(hit)) or "what the test calls"
                text = (
                    f"`{event.text[:120]}` replaces {what}: `{new.text}` checks a stand-in, not the product"
                )
                yield Weakening(Kind.SUBJECT_REPLACED, event.place, text)
                break
    for old, new in kept:
        if (
            new.exceptions is None
            and _MOCKED.search(new.subject)
            and not _MOCKED.search(f"{old.subject} {old.expected}")
        ):
            yield Weakening(
                Kind.SUBJECT_REPLACED,
                new.place,
                f"`{new.text}` checks a stand-in where the product was checked",
            )


def _subject_names(check: Check) -> frozenset[str]:
    """What the subject calls or reads, not what it is given."""
    called = set(check.called)
    if check.subject and not check.subject.endswith(")"):
        called |= set(re.findall(r"\.(\w+)$", check.subject))
    return frozenset(called)
