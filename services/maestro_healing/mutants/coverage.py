"""Notes which lines of some files run."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Mapping

    Trace = Callable[[types.FrameType, str, Any], Any]


class Lines:
    """Traces while it is entered."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """`files` maps absolute paths to what they are called."""
        self._files = files
        self._tracers: dict[str, Trace | None] = {}
        self.seen: dict[str, set[int]] = {}

    def __enter__(self) -> None:
        threading.settrace(self._called)
        sys.settrace(self._called)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def _called(self, frame: types.FrameType, event: str, argument: Any) -> Trace | None:
        name = frame.f_code.co_filename
        if name not in self._tracers:
            path = self._files.get(os.path.realpath(name))
            self._tracers[name] = None if path is None else self._tracer(path)
        return self._tracers[name]

    def _tracer(self, path: str) -> Trace:
        lines = self.seen.setdefault(path, set())

        def trace(frame: types.FrameType, event: str, argument: Any) -> Trace:
            if event == "line":
                lines.add(frame.f_lineno)
            return trace

        return trace
