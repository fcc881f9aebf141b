"""What to edit so that an expression of a test stands for another value, wherever that is stated."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from maestro_healing.domain.diagnosis.witnesses import Swap
from maestro_healing.domain.rewrite.literals import Adapter
from maestro_healing.domain.rewrite.literals.values import tree_of
from maestro_healing.domain.rewrite.located import walk
from maestro_healing.domain.strategies.expectations.edits import Edit
from maestro_healing.domain.strategies.expectations.tracing import Place, Tracer, literal_names

_DEEPEST = 6


def adapted(
    place: Place,
    old: ast.expr,
    new: ast.expr,
    tracer: Tracer,
    imports: Sequence[str] = (),
    seen: str = "",
    depth: int = 0,
) -> list[Edit]:
    """Edits at a place, and at those that names in it lead to; none where none can be told.

    `seen` is the whole text of which `new` is a part.
    """
    if _says_otherwise(place, old):
        return []
    elsewhere: list[Edit] = []

    def follow(node: cst.BaseExpression, before: ast.expr, after: ast.expr) -> bool:
        source = tracer.trace(node, node, place.view) if depth < _DEEPEST else None
        if source is None or source.node is node:
            return False
        found = adapted(source, before, after, tracer, imports, seen, depth + 1)
        elsewhere.extend(found)
        return bool(found)

    adapter = Adapter(literal_names(place.view.locals), quote_of(place), follow)
    made = adapter.adapt(place.node, old, new)
    if made is None:
        return []
    swaps = [Swap(change.old, change.new, seen) for change in adapter.changes]
    own = [Edit(place, made, swaps, imports)] if swaps else []
    return [*own, *elsewhere]


def _says_otherwise(place: Place, value: ast.expr) -> bool:
    """Whether a plain literal is not the value that was compared: then it is no expectation."""
    tree = tree_of(place.located.code(place.node))
    try:
        return bool(ast.literal_eval(tree or value) != ast.literal_eval(value))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False  # one of both is more than a literal


def with_operator(
    place: Place, comparison: cst.Comparison, old: ast.expr, new: ast.expr, imports: Sequence[str]
) -> list[Edit]:
    """`is None` becomes `== value`, and the reverse: the place is what a single comparison compares with."""
    if [target.comparator for target in comparison.comparisons] != [place.node]:
        return []
    adapter = Adapter(literal_names(place.view.locals), quote_of(place))
    made = adapter.adapt(place.node, old, new)
    if made is None:
        return []
    target = comparison.comparisons[0]
    space = cst.SimpleWhitespace(" ")
    operator = cst.Is(space, space) if is_singleton(new) else cst.Equal(space, space)
    changed = comparison.with_changes(comparisons=[target.with_changes(operator=operator, comparator=made)])
    swaps = [Swap(change.old, change.new) for change in adapter.changes]
    return [Edit(replace(place, node=comparison), changed, swaps, imports)]


def is_singleton(value: ast.expr) -> bool:
    """Whether a value is compared by `is`."""
    return isinstance(value, ast.Constant) and any(value.value is one for one in (None, True, False))


def quote_of(place: Place) -> str:
    """The quotes that the expression's strings have, or else those of the function around it."""
    for root in (place.node, place.anchor, place.located.node):
        for node in _strings(root):
            return node.quote[0]
    return '"'


def _strings(root: cst.CSTNode) -> Iterator[cst.SimpleString]:
    return (node for node in walk(root) if isinstance(node, cst.SimpleString))
