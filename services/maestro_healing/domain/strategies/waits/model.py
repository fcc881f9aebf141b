"""What runs showed of the time that a test gives to what it waits for."""

from dataclasses import dataclass
from enum import Enum

from maestro_healing.domain.rewrite.waits import Anchor


class Way(Enum):
    """How a test waits: for a fixed time (or not at all), up to a bound, or it checks the time itself."""

    BLIND = "blind"
    BOUNDED = "bounded"
    CHECKED = "checked"


@dataclass(frozen=True)
class Bound:
    """A number that limits a wait: the definition that holds it, the expression that it stands in, the line
    (from 0 at the definition's first line), and where in the expression it stands.
    """

    owner: str
    expression: str
    line: int
    before: str
    after: str

    def with_number(self, number: str) -> str:
        """The expression with another number."""
        return f"{self.before}{number}{self.after}"


@dataclass(frozen=True)
class Site:
    """Where a test waits. `seconds` is what it grants now, `conditions` what it demands then, the failed one
    at `failed`; `of_time` quotes where the test says that time is what it is about.
    """

    way: Way
    file: str
    anchor: Anchor
    seconds: float
    conditions: tuple[str, ...] = ()
    failed: int = 0
    pause: str = ""
    bound: Bound | None = None
    code: str = ""
    of_time: str = ""

    @property
    def key(self) -> str:
        """What its measurements are called."""
        return f"{self.anchor.owner}:{self.anchor.line}:{self.anchor.code[:80]}"


@dataclass(frozen=True)
class Timing:
    """What was measured at a site: seconds until it held, in each run at head and at base.

    `rising` are the places of the conditions that came to hold, `steady` says whether others held from the
    start, `errors` what evaluating them raised meanwhile.
    """

    site: Site
    head: tuple[float, ...] = ()
    base: tuple[float, ...] = ()
    rising: tuple[int, ...] = ()
    steady: bool = False
    errors: frozenset[str] = frozenset()

    @property
    def is_slower(self) -> bool:
        """Whether head takes much longer than base: both twice as long and by a tenth of a second."""
        return bool(self.base) and min(self.head) > max(2 * max(self.base), max(self.base) + _NOTICED)


_NOTICED = 0.1
