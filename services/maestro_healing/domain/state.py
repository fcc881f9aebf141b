"""The state that tests share, as runs show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class StateChange:
    """Something of the process or its folder that a test left otherwise than it found it.

    `place` names it for other runs. Its owner is reached from `module` (in `file`, relative to the project)
    by `steps` (`.name`, `[key]`); `slot` is the attribute or key, or `*` where the owner changed as a whole.
    `source` is an expression that makes the value it was left with, where there is one.
    """

    place: str
    module: str
    file: str
    kind: str
    steps: tuple[str, ...]
    slot: str
    type: str
    before: str
    after: str
    had: bool = True
    has: bool = True
    source: str = ""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The change that the probe wrote down."""
        return cls(**{**record, "steps": tuple(record["steps"])})

    @property
    def said(self) -> str:
        """It, as a person would name it."""
        if self.kind == "system":
            return _SYSTEM.get(self.module, self.module)
        if self.kind == "files":
            return f"the {'folder' if self.slot.endswith('/') else 'file'} {self.slot}"
        owner = self.module + "".join(self.steps)
        if self.slot == "*":
            return f"`{owner}`"
        return f"`{owner}[{self.slot}]`" if self.kind == "dict" else f"`{owner}.{self.slot}`"


_SYSTEM = {
    "cwd": "the working directory",
    "random": "the state of `random`",
    "numpy.random": "the state of `numpy.random`",
    "locale": "the locale",
    "timezone": "the time zone",
    "recursionlimit": "the recursion limit",
    "sockettimeout": "the default timeout of sockets",
    "decimal": "the decimal context",
}
