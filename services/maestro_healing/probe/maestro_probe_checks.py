"""What a failed check compared, read off the frames where it failed.

pytest tells it of the assertions that it rewrites; for those of unittest, and for a plain `assert` in a
helper, the frames' locals do. Needs nothing but the standard library; runs on Python >= 3.7.
"""

from __future__ import annotations

import ast
import contextlib
import linecache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types

    from maestro_healing.probe.maestro_probe_values import Writer, without_matchers
else:  # beside it in one folder, where a job has it
    from maestro_probe_values import Writer, without_matchers

_UNITTEST = {
    "assertEqual": "==",
    "assertListEqual": "==",
    "assertTupleEqual": "==",
    "assertDictEqual": "==",
    "assertSetEqual": "==",
    "assertSequenceEqual": "==",
    "assertMultiLineEqual": "==",
    "assertIs": "is",
    "assertIn": "in",
    "assertGreater": ">",
    "assertGreaterEqual": ">=",
    "assertLess": "<",
    "assertLessEqual": "<=",
}
_OPERATORS = {"Eq": "==", "Is": "is", "In": "in", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}
_HARMLESS_CALLS = ("len", "str", "repr", "type", "list", "tuple", "set", "dict", "sorted", "bool", "int")


def of_unittest(frames: list[types.FrameType]) -> tuple[str, object, object] | None:
    """Operator and both sides of the unittest assertion that failed."""
    for frame in frames:
        code, found = frame.f_code, frame.f_locals
        if frame.f_globals.get("__name__") != "unittest.case":
            continue
        if code.co_name == "assertIsNone" and "obj" in found:
            return "is", found["obj"], None
        names = code.co_varnames[1:3]
        if code.co_name in _UNITTEST and all(name in found for name in names):
            return _UNITTEST[code.co_name], found[names[0]], found[names[1]]
    return None


def of_plain_assert(frame: types.FrameType, line: int) -> tuple[str, object, object] | None:
    """Operator and both sides of `assert a == b` or `assert a.startswith(b)`, where they can be read again
    without effect.
    """
    statement = _assert_at(frame.f_code.co_filename, line)
    operator, sides = _parts(statement.test if statement is not None else None)
    if operator is None or not all(_is_harmless(side) for side in sides):
        return None
    try:
        left, right = (_evaluate(side, frame) for side in sides)
    except Exception:  # attributes are the project's code
        return None
    return operator, left, right


def _parts(test: ast.AST | None) -> tuple[str | None, tuple[ast.AST, ...]]:
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _OPERATORS.get(type(test.ops[0]).__name__), (test.left, test.comparators[0])
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and len(test.args) == 1:
        is_affix = test.func.attr in ("startswith", "endswith") and not test.keywords
        return (test.func.attr if is_affix else None), (test.func.value, test.args[0])
    return None, ()


def _assert_at(filename: str, line: int) -> ast.Assert | None:
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return None
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.lineno <= line]
    return max(found, key=lambda node: node.lineno, default=None)


def _is_harmless(node: ast.AST) -> bool:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            if not (isinstance(inner.func, ast.Name) and inner.func.id in _HARMLESS_CALLS):
                return False
        elif isinstance(inner, (ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.comprehension)):
            return False
    return True


def _evaluate(node: Any, frame: types.FrameType) -> object:
    code = compile(ast.Expression(node), "<assert>", "eval")
    return eval(code, frame.f_globals, frame.f_locals)


def is_written(record: dict[str, Any]) -> bool:
    """Whether both sides of a recorded comparison can be written."""
    return "source" in record["left"] and "source" in record["right"]


def compared(sides: tuple[str, object, object], writer: Writer) -> dict[str, Any]:
    """What the probe records of a comparison."""
    operator, left, right = sides
    shown: tuple[object, object] = (None, None)
    if operator == "==" and type(left) is type(right):
        with contextlib.suppress(RecursionError):
            shown = without_matchers(left, right)
    both = (writer.describe(left, shown[0]), writer.describe(right, shown[1]))
    record: dict[str, Any] = {"operator": operator, "left": both[0], "right": both[1]}
    stored = _snapshot(left) or _snapshot(right)
    return dict(record, snapshot=stored) if stored else record


def _snapshot(value: Any) -> dict[str, object] | None:
    """Where syrupy keeps a snapshot, and what it would write there, in its own words."""
    if type(value).__module__.partition(".")[0] != "syrupy":
        return None
    results = list(getattr(value, "executions", {}).values())
    names = ("snapshot_location", "snapshot_name", "recalled_data", "asserted_data")
    found = [getattr(results[-1], name, None) for name in names] if results else []
    if len(found) != len(names) or not all(isinstance(part, str) for part in found):
        return None
    return {"file": found[0], "name": found[1], "old": found[2], "new": found[3]}
