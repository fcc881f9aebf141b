"""Checks that still stand there and can no longer fail."""

import builtins
import re

from maestro_healing.domain.guard.facts import Check
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.rules.weakening import Weakening


def judge(old: Check, new: Check) -> Weakening | None:
    """A check that became a constant, or whose expected value became what the product says."""
    if new.hollow and not old.hollow:
        return Weakening(
            Kind.ASSERTION_HOLLOWED,
            new.place,
            f"`{new.text}` {new.hollow}; `{old.text}` is no longer checked",
        )
    if new.literal and _falls_back(new) and not _falls_back(old):
        return Weakening(
            Kind.ASSERTION_HOLLOWED,
            new.place,
            f"`{new.text}` falls back to what it expects; `{old.text}` is no longer checked",
        )
    if new.self_made and not old.self_made:
        return Weakening(
            Kind.ASSERTION_HOLLOWED,
            new.place,
            f"`{new.text}` is about nothing but itself; `{old.text}` is no longer checked",
        )
    if _recomputed(old, new):
        return Weakening(
            Kind.EXPECTED_RECOMPUTED,
            new.place,
            f"`{new.text}` works its expected value out by what it tests; it no longer demands `{old.text}`",
        )
    return None


def _falls_back(check: Check) -> bool:
    """Whether what it expects is what the subject comes to where the product gives nothing."""
    if check.op not in ("==", "is") or not check.expected:
        return False
    expected = re.escape(check.expected)
    default = rf"(\.(get|pop|setdefault)|\bgetattr|\bnext)\(.*, (default=)?{expected}\)"
    return re.search(rf"{default}| or {expected}\)|either\((.*, )?{expected}[,)]", check.subject) is not None


def _recomputed(old: Check, new: Check) -> bool:
    if new.relation is None or new.op not in ("==", "is", "approx", "same_items"):
        return False
    if new.subject == new.expected and old.subject != old.expected:
        return "(" in new.subject
    if not old.literal or new.literal or old.expected == new.expected:
        return False
    copied = "(" in new.expected and new.expected in new.subject
    outermost = _outermost(new.subject)
    return copied or (outermost in _calls(new.expected) and not hasattr(builtins, outermost))


def _outermost(text: str) -> str:
    """What an expression calls last: `f` for `a.f(g(x))`."""
    if not text.endswith(")"):
        return "\0"
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[index], 0)
        if depth == 0:
            return text[:index].rsplit(".", 1)[-1] or "\0"
    return "\0"


def _calls(text: str) -> set[str]:
    return {part.rsplit(".", 1)[-1].split(" ")[-1].lstrip("[({") for part in text.split("(")[:-1]}
