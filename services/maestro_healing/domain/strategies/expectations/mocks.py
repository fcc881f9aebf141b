"""Calls that a mock was to get, with other arguments than it got."""

import ast
import re
from collections.abc import Iterator, Sequence

import libcst as cst

from maestro_healing.domain.rewrite.literals import read_value
from maestro_healing.domain.rewrite.references import terminal
from maestro_healing.domain.strategies.expectations.adapting import adapted
from maestro_healing.domain.strategies.expectations.edits import Edit
from maestro_healing.domain.strategies.expectations.scene import Scene
from maestro_healing.domain.strategies.expectations.tracing import Place, Tracer

_CALLS = re.compile(r"Expected: (?P<expected>.*)\n\s*Actual: (?P<actual>.*)")
_ASSERTIONS = (
    "assert_called_with",
    "assert_called_once_with",
    "assert_awaited_with",
    "assert_awaited_once_with",
)


def changed_calls(scene: Scene) -> Iterator[Sequence[Edit]]:
    """The arguments of `assert_called_with` as the mock got them, where they can be written."""
    found = _CALLS.search(scene.failure.message)
    view = scene.views[0] if scene.views else None
    if found is None or view is None or not isinstance(view.statement, cst.SimpleStatementLine):
        return
    old, new = read_value(found["expected"]), read_value(found["actual"])
    if not isinstance(old, ast.Call) or not isinstance(new, ast.Call):
        return
    for small in view.statement.body:
        match small:
            case cst.Expr(value=cst.Call(func=function) as call) if terminal(function) in _ASSERTIONS:
                place = Place(view.file, view.owner, view.located, call, call, view)
                yield adapted(place, old, new, Tracer(scene))
