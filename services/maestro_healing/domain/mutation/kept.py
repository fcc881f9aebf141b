"""What the mutation check says of one healed test."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

LEAST_SHARE = 0.95
# So many of the old test's kills tell enough, where time does not suffice for all.
ENOUGH = 20


@dataclass(frozen=True)
class Kept:
    """`kills` mutants were killed by the old test on the old code through an assertion, and tried with
    the new test on the new code; `lost` names those that it let live. `late` says that time ran out
    before enough were tried, `reason` why nothing was. `blind`: the old test ran the product, and the new
    one runs none of it.
    """

    kills: int = 0
    lost: tuple[str, ...] = ()
    late: bool = False
    reason: str = ""
    blind: bool = False

    @property
    def kept(self) -> int:
        """How many the new test kills too."""
        return self.kills - len(self.lost)

    @property
    def holds(self) -> bool:
        """Whether it kills as many as it must, and is about the product still."""
        return not self.blind and self.kept >= LEAST_SHARE * self.kills

    def without(self, mutants: Collection[str]) -> Kept:
        """The same, some lost mutants left out of it."""
        lost = tuple(one for one in self.lost if one not in mutants)
        return replace(self, kills=self.kept + len(lost), lost=lost)

    @property
    def needs_review(self) -> bool:
        """Whether a person should look, for not enough was tried."""
        return self.late or bool(self.reason)

    @property
    def sentence(self) -> str:
        """What is known, for a person."""
        if self.reason:
            return f"The mutation check could not be made: {self.reason}."
        said = (
            f"It kills {self.kept} of {self.kills} mutants that the old test killed through an assertion."
            if self.kills
            else "The old test kills no mutant of the lines that both revisions share."
        )
        return f"{said} The mutation check ran out of time." if self.late else said

    @property
    def loss(self) -> str:
        """What is wrong, where it does not hold."""
        if self.blind:
            return "it runs nothing of the product any more"
        return (
            f"it kills only {self.kept} of {self.kills} mutants that the old test killed "
            f"through an assertion; it lets live {'; '.join(self.lost[:3])}"
        )
