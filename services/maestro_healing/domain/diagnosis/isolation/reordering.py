"""Comparisons of collections that hold the same things in another order."""

import ast
from collections import Counter
from collections.abc import Iterable
from typing import Any

from maestro_healing.domain.runs import Compared, TestFailure, Value


def is_reordered(failure: TestFailure) -> bool:
    """Whether the two sides that should be equal are lists or tuples of the same things, each as often."""
    compared = failure.compared
    return compared is not None and compared.operator == "==" and _holds_the_same(compared)


def _holds_the_same(compared: Compared) -> bool:
    left, right = _of(compared.left), _of(compared.right)
    if left is None or right is None or in_order(left) is None:
        return False
    return Counter(map(repr, left)) == Counter(map(repr, right))


def _of(value: Value) -> list[Any] | None:
    return values(value.source or value.text)


def values(code: str) -> list[Any] | None:
    """What a list or tuple holds; None where the code is no literal of one."""
    try:
        found = ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return None
    return list(found) if isinstance(found, list | tuple) else None


def in_order(found: Iterable[Any]) -> list[Any] | None:
    """The things sorted; None where nothing sorts them."""
    try:
        return sorted(found)
    except TypeError:
        return None
