"""Checks that no longer run, or whose failing no longer fails the test."""

from maestro_healing.domain.guard.facts import Check
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.rules.weakening import Weakening


def judge(old: Check, new: Check) -> Weakening | None:
    """The same check behind something that keeps it from failing."""
    before, now = old.context, new.context
    if now.dead and not before.dead:
        return Weakening(Kind.CHECK_UNREACHABLE, new.place, f"`{new.text}` never runs: {now.dead}")
    if now.retried and not before.retried:
        return Weakening(
            Kind.RETRY_ADDED, new.place, f"`{new.text}` is tried again where it fails: {now.retried}"
        )
    if now.swallowed and not before.swallowed:
        return Weakening(
            Kind.FAILURE_SWALLOWED, new.place, f"`{new.text}` may fail unseen: {now.swallowed} hides it"
        )
    if now.bypassed and not before.bypassed:
        return Weakening(
            Kind.FAILURE_SWALLOWED,
            new.place,
            f"`{new.text}` is passed over: {now.bypassed} goes on without it",
        )
    if len(now.conditions) > len(before.conditions):
        added = [c for c in now.conditions if c not in before.conditions]
        return Weakening(
            Kind.CHECK_CONDITIONAL,
            new.place,
            f"`{new.text}` runs only under a condition: {'; '.join(added)[:200]}",
        )
    return None
