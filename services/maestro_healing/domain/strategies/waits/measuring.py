"""Measures by runs how long it takes until what a failing test waits for is there."""

from collections.abc import Iterable, Mapping, Sequence

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.model import Stage
from maestro_healing.domain.ports import Side
from maestro_healing.domain.rewrite.rule import rewrite_text
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.rewrite.waits import LookAt, TimeIt
from maestro_healing.domain.runs import RunResult, TestFailure, Waited
from maestro_healing.domain.session import Session
from maestro_healing.domain.strategies.expectations.scene import Scene
from maestro_healing.domain.strategies.strategy import Case
from maestro_healing.domain.strategies.waits.model import Site, Timing, Way
from maestro_healing.domain.strategies.waits.pollable import Pollable
from maestro_healing.domain.strategies.waits.sites import site_of

_RUNS = 3


async def measure(
    session: Session, texts: Mapping[str, str], change: ProductChange, failures: Iterable[TestFailure]
) -> dict[str, Timing]:
    """What was measured, by test: of those alone that wait, and where what they wait for does come.

    Nothing runs where none of them waits.
    """
    pollable = Pollable(texts, change)
    found = ((failure.test, site_of(Scene(Case(failure, texts, "")), pollable)) for failure in failures)
    sites = {test: site for test, site in found if site is not None}
    if not sites:
        return {}
    await session.tell(Stage.DIAGNOSE, f"Measures what {len(sites)} failing tests wait for")
    looks = Looks(session, change, sites)
    head = [await looks.at(Side.HEAD, sites)]
    coming = {test: site for test, site in sites.items() if looks.came(head[0], test)}
    for _ in range(_RUNS - 1 if coming else 0):
        head.append(await looks.at(Side.HEAD, coming))
    coming = {test: site for test, site in coming.items() if all(looks.came(r, test) for r in head)}
    has_base = bool(coming) and change.project.base is not None
    base = [await looks.at(Side.BASE, coming) for _ in range(_RUNS if has_base else 0)]
    return {test: _timing(test, site, head, base, looks) for test, site in coming.items()}


class Looks:
    """Runs tests with measuring edits in them."""

    def __init__(self, session: Session, change: ProductChange, sites: Mapping[str, Site]) -> None:
        self._session = session
        self._project = change.project
        self._sites = sites

    async def at(self, side: Side, tests: Iterable[str]) -> RunResult:
        """One run of these tests."""
        chosen = list(tests)
        tree = self._project.base if side is Side.BASE and self._project.base else self._project.head
        texts = {site.file: tree.text(site.file) for site in map(self._sites.__getitem__, chosen)}
        overlay = {}
        for path, text in texts.items():
            if text is not None:
                overlay[path] = tree.encode(path, self._measured(path, text, chosen))
        return await self._session.run_side(side, overlay, chosen)

    def waited(self, result: RunResult, test: str) -> tuple[Waited, ...]:
        """What a run measured for a test."""
        return result.waits.get((test, self._sites[test].key), ())

    def came(self, result: RunResult, test: str) -> bool:
        """Whether what the test waited for came in a run."""
        site, waited = self._sites[test], self.waited(result, test)
        if site.way is Way.CHECKED:
            outcome = result.outcomes.get(test)
            return outcome is not None and not outcome.passed
        if site.way is Way.BOUNDED:
            outcome = result.outcomes.get(test)
            return bool(waited) and waited[0].came and outcome is not None and outcome.passed
        return site.failed < len(waited) and waited[site.failed].came

    def _measured(self, path: str, text: str, tests: Sequence[str]) -> str:
        """The file with the edits, the last one first: lines before it stay where they are."""
        sites = {site.key: site for test in tests if (site := self._sites[test]).file == path}
        for site in sorted(sites.values(), key=lambda site: -site.anchor.line):
            if site.way is Way.BLIND:
                limit = min(max(20 * site.seconds, 3.0), 10.0)
                settle = min(max(2 * site.seconds, 0.3), 2.0)
                rule: LookAt | TimeIt = LookAt(
                    site.anchor, site.conditions, site.key, limit, settle, site.pause
                )
            elif site.way is Way.BOUNDED:
                rule = TimeIt(site.anchor, site.code, site.key)
            else:
                continue
            text = rewrite_text(text, rule, WHOLE_FILE)
        return text


def _timing(
    test: str, site: Site, head: Sequence[RunResult], base: Sequence[RunResult], looks: Looks
) -> Timing:
    if site.way is Way.CHECKED:
        failures = [o.failure for r in head if (o := r.outcomes.get(test)) and o.failure]
        seen = [_number(failure.compared.left.text) for failure in failures if failure.compared]
        passes = [r for r in base if (outcome := r.outcomes.get(test)) and outcome.passed]
        return Timing(site, tuple(s for s in seen if s is not None), tuple(0.0 for _ in passes))
    place = 0 if site.way is Way.BOUNDED else site.failed
    waits = [looks.waited(result, test) for result in head]
    before = [looks.waited(result, test) for result in base]
    rising = tuple(n for n in range(len(waits[0])) if all(n < len(w) and w[n].came for w in waits))
    return Timing(
        site,
        tuple(w[place].seconds or 0.0 for w in waits),
        tuple(w[place].seconds or 0.0 for w in before if place < len(w) and w[place].seconds is not None),
        rising,
        any(not condition.began_false for w in waits for condition in w),
        frozenset(error for w in waits for n in rising for error in w[n].errors),
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
