"""What a test's outcome depends on beside the code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from maestro_healing.domain.ports import AS_IT_IS, Conditions
from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.state import StateChange


class Kind(StrEnum):
    """How runs of the same code come out differently."""

    POLLUTED = "polluted"  # it fails after another test
    BRITTLE = "brittle"  # it fails unless another test ran before
    HASHED = "hashed"  # it fails under some hash seeds
    RANDOM = "random"  # it fails under some seeds of `random`
    CHANCE = "chance"  # it passes and fails under the same conditions


@dataclass(frozen=True)
class Dependence:
    """What runs showed of one test.

    It fails under `failing`, as `failure` says. `others` are the tests that make it fail (or, of a brittle
    one, pass), `changes` the state through which they do; empty where that could not be found. `leavers`
    are all tests that leave that state changed, each with the places. `stands_at_base` says whether base
    shows the same, None where there is none; `passes_at_base` whether base passes it once that state is
    put back. `seed` is one under which a random test passes.
    """

    failure: TestFailure
    kind: Kind
    failing: Conditions = AS_IT_IS
    others: tuple[str, ...] = ()
    changes: tuple[StateChange, ...] = ()
    leavers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stands_at_base: bool | None = None
    passes_at_base: bool = False
    seed: int = 0

    @property
    def test(self) -> str:
        """Its id."""
        return self.failure.test

    @property
    def said(self) -> str:
        """What was found, in a sentence."""
        others, count = ", ".join(self.others), len(self.failing.order)
        match self.kind:
            case Kind.POLLUTED if not others:
                return f"It passes by itself and fails among {count} tests, none of which tells why."
            case Kind.BRITTLE if not others:
                return "It fails by itself, passes where all tests run, and no test before it tells why."
            case Kind.POLLUTED:
                return f"It passes by itself and fails after {others}, found by bisection of {count} tests."
            case Kind.BRITTLE:
                return f"It fails by itself and passes after {others}."
            case Kind.HASHED:
                seed = dict(self.failing.env).get("PYTHONHASHSEED", "0")
                other = "1" if seed == "0" else "0"
                return (
                    f"It fails with PYTHONHASHSEED={seed} and passes with {other}: sets have another order."
                )
            case Kind.RANDOM:
                return "Its outcome follows the seed of `random`: it fails with some and passes with others."
            case Kind.CHANCE:
                return "It passes and fails under the same conditions: by time, threads or another chance."
