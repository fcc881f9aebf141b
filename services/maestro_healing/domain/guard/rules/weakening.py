"""What a rule answers."""

from dataclasses import dataclass

from maestro_healing.domain.guard.facts import Place
from maestro_healing.domain.guard.model import Kind


@dataclass(frozen=True)
class Weakening:
    """A weakening and the place that a reader should look at."""

    kind: Kind
    place: Place
    message: str
