"""Numbers that may be further off than before."""

import math

from maestro_healing.domain.guard.facts import Check
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.relations import Tolerance
from maestro_healing.domain.guard.rules.weakening import Weakening

_EXACT = Tolerance(0.0, 0.0)
# What pytest.approx grants unasked: the rounding of floating point, not a weakening.
_ROUNDING = 1.1e-6


def judge(old: Check, new: Check) -> Weakening | None:
    """A wider tolerance, or one where equality was demanded."""
    if new.op != "approx" or new.relation is None or new.relation.tolerance is None:
        return None
    if old.op not in ("approx", "==", "is") or old.relation is None:
        return None
    before = old.relation.tolerance or _EXACT
    size = abs(new.value) if new.value is not None else 1.0
    allowed, now = before.around(size), new.relation.tolerance.around(size)
    if before == _EXACT:
        granted = new.relation.tolerance
        widened = not (granted.relative <= _ROUNDING and granted.absolute <= _ROUNDING)
    else:
        widened = now > allowed * 1.01
    if not widened:
        return None
    return Weakening(
        Kind.TOLERANCE_WIDENED,
        new.place,
        f"`{new.text}` tolerates more than `{old.text}`" + _by(allowed, now),
    )


def _by(before: float, now: float) -> str:
    return "" if math.isnan(before) or math.isnan(now) else f": off by {now:g} instead of {before:g} passes"
