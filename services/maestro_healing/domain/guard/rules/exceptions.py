"""`raises` and `warns` that take more than before."""

import builtins
import re

from maestro_healing.domain.guard.facts import Check, Expected
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.rules.weakening import Weakening
from maestro_healing.domain.guard.truth import matches_anything

_BROADEST = {"Exception", "BaseException", "Warning"}


def judge(old: Check, new: Check) -> Weakening | None:
    """A broader type, a type more, or a message no longer matched."""
    before, now = old.exceptions, new.exceptions
    if before is None or now is None:
        return None
    reason = _types(before, now) or _match(before, now)
    if not reason:
        return None
    return Weakening(
        Kind.EXCEPTION_BROADENED, new.place, f"`{new.text}` {reason}; before it was `{old.text}`"
    )


def _types(before: Expected, now: Expected) -> str:
    added = now.types - before.types
    for name in sorted(added):
        if name in _BROADEST and not before.types <= {"BaseException"} and not _unnamed(before):
            return f"accepts any {name}"
        if any(_derives(kind, name) for kind in before.types):
            return f"accepts {name}, of which {', '.join(sorted(before.types))} is only one kind"
    if added and before.types < now.types and not _unnamed(before):
        return f"also accepts {', '.join(sorted(added))}"
    return f"accepts {', '.join(now.types)}" if _unnamed(now) and not _unnamed(before) else ""


def _unnamed(expected: Expected) -> bool:
    return any(t.startswith("any ") for t in expected.types)


def _derives(kind: str, base: str) -> bool:
    """Whether the one built-in class derives from the other."""
    lower, upper = getattr(builtins, kind, None), getattr(builtins, base, None)
    return (
        isinstance(lower, type)
        and isinstance(upper, type)
        and lower is not upper
        and issubclass(lower, upper)
    )


def _match(before: Expected, now: Expected) -> str:
    if before.match is None or _takes_any(before.match_literal):
        return ""
    if now.match is None:
        return "no longer looks at the message"
    if _takes_any(now.match_literal):
        return "matches any message"
    if now.match_literal is None or before.match_literal is None:
        return ""
    plain_before, plain_now = _words(before.match_literal), _words(now.match_literal)
    if len(plain_now) < len(plain_before) and plain_now in plain_before:
        return f"matches less of the message, only {now.match_literal!r}"
    return ""


def _takes_any(pattern: str | None) -> bool:
    return pattern is not None and matches_anything(pattern)


def _words(pattern: str) -> str:
    """The pattern's words alone: punctuation that is escaped, or no longer, says the same."""
    return " ".join(re.findall(r"\w+", re.sub(r"\\[a-zA-Z]", " ", pattern)))
