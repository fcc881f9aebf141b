"""What became of the planted bugs, kept as it comes, and the table made of it."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.release_skew.results import UNSEEN
from maestro_healing.domain.model import EvidenceKind, Verdict


@dataclass(frozen=True)
class Case:
    """The worst that was said of a planted bug's tests; `seconds` is wall time of its healing,
    `own_seconds` that of one run of its tests.
    """

    key: str
    package: str
    operator: str
    is_changed_line: bool
    test: str
    verdict: str
    strategy: str = ""
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    reason: str = ""
    diff: str = ""
    seconds: float = 0.0
    own_seconds: float = 0.0

    @property
    def says_so(self) -> bool:
        """Whether the report says that evidence is lacking."""
        return EvidenceKind.OBSERVED_ONLY in self.grounds

    @property
    def is_silent(self) -> bool:
        """Whether the test was proposed to be changed, and nothing warns of it."""
        return self.verdict == Verdict.PROPOSED and not self.says_so


def show(cases: Sequence[Case]) -> Iterator[str]:
    """Counts by operator, by place and by package, then what is worst."""
    verdicts = (*Verdict, UNSEEN)
    titles = "".join(f"{verdict:>10}" for verdict in verdicts)
    yield f"{'planted bugs':22}{'cases':>7}{titles}{'median s':>10}"
    groups = {
        **_grouped(cases, lambda case: case.operator),
        **_grouped(cases, lambda case: "in changed lines" if case.is_changed_line else "in other lines"),
        **_grouped(cases, lambda case: case.package),
        "all": cases,
    }
    for name, group in groups.items():
        counts = "".join(f"{sum(case.verdict == verdict for case in group):>10}" for verdict in verdicts)
        middle = f"{statistics.median(case.seconds for case in group):>10.1f}" if group else ""
        yield f"{name:22}{len(group):>7}{counts}{middle}"
    yield ""
    healed = [case for case in cases if case.verdict == Verdict.HEALED]
    silent = [case for case in cases if case.is_silent]
    yield f"false heals: {len(healed)} of {len(cases)}"
    yield f"proposed without saying that evidence is lacking: {len(silent)} of {len(cases)}"
    for case in (*healed, *silent):
        yield f"{case.verdict} {case.key} {case.test} by {case.strategy}: {' '.join(case.evidence)}"
    for case in cases:
        if case.verdict == UNSEEN:
            yield f"{UNSEEN} {case.key} {case.test}: {case.reason.strip().splitlines()[-1]}"


def _grouped(cases: Sequence[Case], key: Callable[[Case], str]) -> dict[str, list[Case]]:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[key(case)].append(case)
    return dict(sorted(groups.items()))
