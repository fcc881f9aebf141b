"""Skips, expected failures, reruns, sleeps and ignored warnings that were added."""

from collections.abc import Iterator

from maestro_healing.domain.guard.facts import Event, EventKind
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.pair import Pair
from maestro_healing.domain.guard.rules.weakening import Weakening

_SAID = {
    EventKind.XFAIL: (Kind.XFAIL_ADDED, "lets the test fail"),
    EventKind.RETRY: (Kind.RETRY_ADDED, "runs the test again, or lets it pass, where it fails"),
    EventKind.IGNORE_WARNINGS: (Kind.WARNINGS_IGNORED, "hides warnings that the test let through before"),
    EventKind.GENERATOR: (Kind.TEST_UNCOLLECTED, "keeps the body of the test from running"),
}


def find(pair: Pair) -> Iterator[Weakening]:
    """Each event that only the new side has, where it does not stand for another of its kind."""
    yield from _skips(pair)
    for kind, (weakening, said) in _SAID.items():
        for event in pair.added(kind)[pair.removed(kind) :]:
            yield Weakening(weakening, event.place, f"`{_short(event)}` {said}")
    yield from _strictness(pair)
    yield from _sleeps(pair)


def _strictness(pair: Pair) -> Iterator[Weakening]:
    """An expected failure that may pass unseen, where it may not before."""
    strict = [e for e in pair.old.events if e.kind is EventKind.XFAIL and not e.amount]
    if strict and not any(e.kind is EventKind.XFAIL and not e.amount for e in pair.new.events):
        for event in pair.added(EventKind.XFAIL):
            yield Weakening(
                Kind.XFAIL_ADDED, event.place, f"`{_short(event)}` lets the test pass unseen, too"
            )


def _short(event: Event) -> str:
    return event.text.split("\n", 1)[0][:160]


def _skips(pair: Pair) -> Iterator[Weakening]:
    before = [e for e in pair.old.events if e.kind is EventKind.SKIP]
    spare = pair.removed(EventKind.SKIP)
    always = any(not e.conditional for e in before)
    for event in pair.added(EventKind.SKIP):
        if event.conditional and spare:
            spare -= 1
        elif event.conditional or not always:
            said = "may skip" if event.conditional else "skips"
            yield Weakening(
                Kind.SKIP_ADDED, event.place, f"`{_short(event)}` {said} the test and all that it checks"
            )


def _sleeps(pair: Pair) -> Iterator[Weakening]:
    """A sleep in a loop waits for something; one on its own only hopes."""
    spare = pair.removed(EventKind.SLEEP)
    before = [e.amount for e in pair.old.events if e.kind is EventKind.SLEEP]
    for event in pair.added(EventKind.SLEEP):
        if event.conditional:
            continue
        if spare and not event.amount > max(before):
            spare -= 1
            continue
        yield Weakening(
            Kind.SLEEP_ADDED, event.place, f"`{_short(event)}` waits blindly instead of for an event"
        )
