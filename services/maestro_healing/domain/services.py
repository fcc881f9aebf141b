"""Databases and caches that tests need beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from maestro_healing.domain.model import Evidence, EvidenceKind

# What a variable may hold of a service's address.
URL, HOST, PORT, USER, PASSWORD, DATABASE = "url", "host", "port", "user", "password", "database"


@dataclass(frozen=True)
class Variable:
    """An environment variable that tests read, and what of the address it holds; of a URL its scheme, too."""

    name: str
    part: str = URL
    scheme: str = ""


@dataclass(frozen=True)
class Needed:
    """A kind of service (`postgresql`, `redis`, `mysql`, `mongodb`), and the variables that lead to it."""

    kind: str
    variables: tuple[Variable, ...] = ()

    @property
    def said(self) -> str:
        """As people call it."""
        names = {
            "postgresql": "PostgreSQL",
            "redis": "Redis or Valkey",
            "mysql": "MySQL",
            "mongodb": "MongoDB",
        }
        return names.get(self.kind, self.kind)


def given(services: Sequence[Needed]) -> Evidence:
    """That a real service stood beside the runs."""
    said = " and ".join(_told(needed) for needed in services)
    sentence = (
        f"It could not reach {said}; it was run again with a real one beside it, which the Environment "
        "service gave for the time of the healing."
    )
    return Evidence(EvidenceKind.SERVICE_GIVEN, sentence)


def wanted(services: Sequence[Needed]) -> str:
    """What is to be done where no edit of a test does it."""
    said = " and ".join(_told(needed) for needed in services)
    return f"nothing of the test is to be edited: where it runs, it needs {said}"


def _told(needed: Needed) -> str:
    names = ", ".join(variable.name for variable in needed.variables)
    return f"{needed.said}{f' (told by {names})' if names else ''}"
