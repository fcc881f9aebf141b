"""Measures how long what a test waits for takes, where a measuring edit of the test calls it.

Needs nothing but the standard library; runs on Python >= 3.7.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A test may replace or freeze them.
_now = time.monotonic


def _write(record: dict[str, Any]) -> None:
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
    with Path(os.environ["MAESTRO_PROBE_FILE"]).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(dict(record, id=test)) + "\n")


class _Moments:
    """When a condition was first looked at, held, and ceased to hold; seconds since the watch began."""

    def __init__(self) -> None:
        self.looked = self.failed = self.lost = False
        self.since: float | None = None
        self.errors: set[str] = set()

    def see(self, holds: bool, seconds: float) -> None:
        self.looked = True
        if holds:
            self.since = seconds if self.since is None else self.since
        elif self.since is None:
            self.failed = True
        else:
            self.lost = True


class Watch:
    """Looks at conditions again and again, until all of them have held for a while, or the time is over."""

    def __init__(self, key: str, count: int, limit: float, settle: float) -> None:
        """`limit` and `settle` are in seconds; `count` says how many conditions there are."""
        self._key = key
        self._moments = [_Moments() for _ in range(count)]
        self._limit = limit
        self._settle = settle
        self._began = _now()

    def goes_on(self) -> bool:
        """Whether to look once more; writes down what was seen where not."""
        seconds = _now() - self._began
        since = [moments.since for moments in self._moments]
        settled = all(s is not None and seconds >= s + self._settle for s in since)
        lost = any(moments.lost for moments in self._moments)
        if seconds < self._limit and not (settled or lost):
            return True
        shown = [
            {"began_false": m.failed, "seconds": m.since, "lost": m.lost, "errors": sorted(m.errors)}
            for m in self._moments
        ]
        _write({"kind": "waited", "key": self._key, "conditions": shown})
        return False

    @contextlib.contextmanager
    def look(self, index: int) -> Iterator[Callable[[object], None]]:
        """Around the evaluation of a condition: one that raises does not hold."""
        moments = self._moments[index]
        try:
            yield lambda value: moments.see(bool(value), _now() - self._began)
        except Exception as error:  # it is the project's code
            moments.errors.add(type(error).__name__)
            moments.see(False, _now() - self._began)


@contextlib.contextmanager
def timed(key: str) -> Iterator[None]:
    """Around a statement that waits by itself."""
    began = _now()
    raised = ""
    try:
        yield
    except BaseException as error:
        raised = type(error).__name__
        raise
    finally:
        seconds = None if raised else _now() - began
        errors = [raised] if raised else []
        shown = {"began_false": True, "seconds": seconds, "lost": False, "errors": errors}
        _write({"kind": "waited", "key": key, "conditions": [shown]})
