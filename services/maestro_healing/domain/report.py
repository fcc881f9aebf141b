"""The outcome of one healing: a verdict for each failing test, and the patches made of their edits."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from maestro_healing.domain.changes import apply_edits, unified_patch
from maestro_healing.domain.model import LaterRun, LineEdit, TestHealing, Verdict


@dataclass(frozen=True)
class HealingReport:
    """What came out. `originals` holds the text of each edited file before any edit;
    `seconds` is wall time; `later` tells of tests that were healed before.
    """

    tests: tuple[TestHealing, ...]
    total: int
    passed: int
    seconds: float
    originals: Mapping[str, str] = field(default_factory=dict)
    later: tuple[LaterRun, ...] = ()

    @property
    def patch(self) -> str:
        """Unified diff of all that is HEALED."""
        return self.patch_for(self.with_verdict(Verdict.HEALED))

    @property
    def proposed_patch(self) -> str:
        """Unified diff of all that is PROPOSED, against the tree as it was."""
        return self.patch_for(self.with_verdict(Verdict.PROPOSED))

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many tests each verdict has."""
        return Counter(test.verdict for test in self.tests)

    def with_verdict(self, verdict: Verdict) -> frozenset[str]:
        """Ids of the tests that have the verdict."""
        return frozenset(test.test for test in self.tests if test.verdict is verdict)

    def patch_for(self, tests: Collection[str]) -> str:
        """Unified diff of what these tests need, and nothing else."""
        return unified_patch(self.originals, self._edits(tests))

    def edited(self, tests: Collection[str]) -> dict[str, str]:
        """New text of each file that these tests need edited."""
        edits = self._edits(tests)
        paths = sorted({edit.path for edit in edits})
        return {
            path: apply_edits(self.originals[path], (e for e in edits if e.path == path)) for path in paths
        }

    def _edits(self, tests: Collection[str]) -> frozenset[LineEdit]:
        return frozenset(edit for test in self.tests if test.test in tests for edit in test.edits)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The report that `to_dict` was made of."""
        tests = tuple(
            TestHealing(
                **{
                    **test,
                    "verdict": Verdict(test["verdict"]),
                    "evidence": tuple(test["evidence"]),
                    "edits": tuple(LineEdit(**{**e, "lines": tuple(e["lines"])}) for e in test["edits"]),
                }
            )
            for test in values["tests"]
        )
        later = tuple(LaterRun(**run) for run in values["later"])
        return cls(**{**values, "tests": tests, "later": later})
