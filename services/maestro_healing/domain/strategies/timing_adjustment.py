"""Tests that look too early."""

import math
from collections.abc import Iterable, Iterator

from maestro_healing.domain.diagnosis.blame import Refusal
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.pace import slower_on_purpose
from maestro_healing.domain.model import Evidence, EvidenceKind, StrategyInfo
from maestro_healing.domain.rewrite.expression import ReplaceExpression
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.rewrite.waits import Anchor, WaitUntil
from maestro_healing.domain.strategies.strategy import TIMING, Case, Proposal
from maestro_healing.domain.strategies.waits.model import Timing, Way
from maestro_healing.domain.strategies.waits.pollable import guarded

_LEAST_DEADLINE = 2.0
# How much longer than measured a wait may take: a loaded machine is slower than ours.
_RESERVE = 10
_STEPS = (1, 2, 5)


class TimingAdjustment:
    """Waits for the very condition that the test asserts, up to a deadline; never longer blindly."""

    info = StrategyInfo(
        TIMING,
        "sleeps, tight timeouts, races on readiness",
        "measured durations over repeated runs; sleep → wait-until",
        available=True,
    )

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """The wait that what was measured asks for; none where nothing was."""
        timing = case.timing
        if timing is None or timing.site.way is Way.CHECKED:
            return
        evidence = tuple(_evidence(timing, change))
        rule = _wait(timing) if timing.site.way is Way.BLIND else _bound(timing)
        if rule is not None:
            yield Proposal(self.info.id, (rule,), evidence, {timing.site.file: WHOLE_FILE})


def too_slow(timing: Timing, change: ProductChange) -> Refusal | None:
    """Why the product looks broken: it takes longer for no known reason, where the test is about time."""
    site = timing.site
    if site.way is Way.CHECKED:
        if len(timing.base) < _LEAST_RUNS or len(timing.head) < _LEAST_RUNS:
            return None
        took = f"takes {_span(timing.head)} at head in {len(timing.head)} runs, and base passes in each"
        reason = f"the product looks broken because it became slower: what `{site.anchor.code}` checks {took}"
        return Refusal(f"{reason}. A bound on time is a check: a person alone may widen it.")
    if not timing.is_slower or not (site.of_time or site.way is Way.BOUNDED):
        return None
    if slower_on_purpose(change, min(timing.head) - max(timing.base)):
        return None
    about = f"the test is about time (`{site.of_time}`)" if site.of_time else f"it waits {site.seconds:g} s"
    reason = (
        f"the product looks broken because it became slower and nothing says why: what "
        f"`{site.anchor.code}` waits for takes {_span(timing.head)} at head and {_span(timing.base)} at "
        f"base; {about}."
    )
    return Refusal(reason)


_LEAST_RUNS = 3


def _evidence(timing: Timing, change: ProductChange) -> Iterator[Evidence]:
    site, runs = timing.site, len(timing.head)
    what = f"`{site.conditions[site.failed]}`" if site.conditions else f"`{site.anchor.code}`"
    granted = f"the test grants {site.seconds:g} s" if site.seconds else "the test does not wait for it"
    yield Evidence(
        EvidenceKind.WAIT_MEASURED,
        f"{what} does not hold at first and holds after {_span(timing.head)} in {runs} of {runs} runs; "
        f"{granted}.",
    )
    if timing.steady:
        sentence = "The sleep stays: other assertions hold from the start, and only say something later."
        yield Evidence(EvidenceKind.WAIT_KEPT, sentence)
    if site.of_time:
        sentence = f"The test says that it is about time (`{site.of_time}`): more of it may be too much."
        yield Evidence(EvidenceKind.TIME_IS_MEANT, sentence)
    if not timing.base:
        yield Evidence(EvidenceKind.PACE_UNKNOWN, "How long it takes at base could not be measured.")
    elif not timing.is_slower:
        sentence = f"Base takes {_span(timing.base)}: the product is no slower, the test is too tight."
        yield Evidence(EvidenceKind.SAME_PACE, sentence)
    else:
        yield from _slower(timing, change)


def _slower(timing: Timing, change: ProductChange) -> Iterator[Evidence]:
    pace = f"{_span(timing.head)} where base takes {_span(timing.base)}"
    found = slower_on_purpose(change, min(timing.head) - max(timing.base))
    yield from found
    if not found:
        sentence = f"The product takes {pace}, and nothing in its diff says that this is meant."
        yield Evidence(EvidenceKind.SLOWER_UNEXPLAINED, sentence)
    elif len(found) == 1:
        sentence = f"It takes {pace}; no document says that this is meant, and a bug has a diff too."
        yield Evidence(EvidenceKind.OBSERVED_ONLY, sentence)


def _wait(timing: Timing) -> WaitUntil | None:
    site = timing.site
    conditions = [guarded(site.conditions[number], timing.errors) for number in timing.rising]
    if not conditions or any(condition is None for condition in conditions):
        return None
    parts = [condition for condition in dict.fromkeys(conditions) if condition is not None]
    seconds = _rounded(max(_RESERVE * max(timing.head), site.seconds, _LEAST_DEADLINE))
    anchor = site.anchor
    if timing.steady and anchor.replaced:
        anchor = Anchor(anchor.owner, anchor.code, anchor.line, replaced=False)
    return WaitUntil(anchor, " and ".join(parts), f"{seconds:g}", site.pause)


def _bound(timing: Timing) -> ReplaceExpression | None:
    bound = timing.site.bound
    longest = max(timing.head)
    # Where it came in good time, the bound was not at fault.
    if bound is None or (not timing.is_slower and longest < timing.site.seconds / 2):
        return None
    number = f"{_rounded(max(_RESERVE * longest, 2 * timing.site.seconds)):g}"
    return ReplaceExpression(bound.owner, bound.expression, bound.with_number(number), bound.line)


def _rounded(seconds: float) -> float:
    """The next of 1, 2, 5, 10, 20, ..."""
    scale = 10.0 ** math.floor(math.log10(seconds))
    return next((step * scale for step in _STEPS if step * scale >= seconds), 10 * scale)


def _span(seconds: tuple[float, ...]) -> str:
    low, high = f"{min(seconds):.2f}", f"{max(seconds):.2f}"
    return f"{low} s" if low == high else f"{low} to {high} s"
