"""How a test file reaches what holds a piece of state."""

import ast
from dataclasses import dataclass

from maestro_healing.domain.state import StateChange


@dataclass(frozen=True)
class Reached:
    """An expression for the owner of a piece of state, and what must be imported for it (`import x`)."""

    owner: str
    imports: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its last name, as a part of other names."""
        return self.owner.rpartition(".")[2].strip("()[]'\"") or "state"


OWN_MODULE = "request.module"


def reach(change: StateChange, file: str, text: str) -> Reached | None:
    """The owner of a change, as a test file can name it; None where it has no name.

    What a function keeps in its defaults is for the product to mend, not for tests to hide.
    """
    if any("<" in step or step.startswith(".__defaults__") for step in change.steps):
        return None
    steps = "".join(change.steps)
    if change.file == file:
        return Reached(steps[1:] if steps else OWN_MODULE)
    if change.module == "logging" and change.type in ("logging.Logger", "logging.RootLogger"):
        return _logger(change)
    bound = _bound(text)
    path = change.module + steps
    best = max((full for full in bound if path == full or path.startswith((f"{full}.", f"{full}["))), key=len,
               default=None)  # fmt: skip
    if best is not None:
        return Reached(bound[best] + path[len(best) :])
    return Reached(path, (change.module,))


def _logger(change: StateChange) -> Reached:
    last = change.steps[-1]
    name = last[1:-1] if last.startswith("[") else ""
    return Reached(f"logging.getLogger({name})", ("logging",))


def _bound(text: str) -> dict[str, str]:
    """Full dotted path of what the file's imports bind → its name there."""
    found = {}
    for node in ast.parse(text).body:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    found[alias.name] = alias.asname or alias.name
            case ast.ImportFrom(module=str() as module, names=aliases, level=0):
                for alias in aliases:
                    found[f"{module}.{alias.name}"] = alias.asname or alias.name
    return found
