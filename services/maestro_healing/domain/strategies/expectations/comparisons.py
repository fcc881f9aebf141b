"""Comparisons whose expected side states another value than the product gives now."""

import ast
from collections.abc import Iterator

import libcst as cst

from maestro_healing.domain.diagnosis.witnesses import Swap
from maestro_healing.domain.rewrite.literals import Adapter, read_value
from maestro_healing.domain.rewrite.located import walk
from maestro_healing.domain.runs import Compared, Value
from maestro_healing.domain.strategies.expectations import fragments
from maestro_healing.domain.strategies.expectations.checks import Check, checks_of
from maestro_healing.domain.strategies.expectations.edits import Edit
from maestro_healing.domain.strategies.expectations.scene import Scene, View
from maestro_healing.domain.strategies.expectations.tracing import Place, Tracer, literal_names

_SINGLETONS = (None, True, False)


def changed_values(scene: Scene) -> Iterator[Edit]:
    """Edits of what the failing statement expects, the likeliest first."""
    compared = scene.failure.compared
    view = scene.views[0] if scene.views else None
    if compared is None or view is None or view.statement is None:
        return
    tracer = Tracer(scene)
    for check in checks_of(view.statement):
        if check.operator != compared.operator:
            continue
        match check.operator:
            case "==" | "is":
                yield from _equal(check, compared, view, tracer)
            case "in":
                yield from _contained(check, compared, view, tracer)
            case "startswith" | "endswith":
                yield from _affix(check, compared, view, tracer)


def _equal(check: Check, compared: Compared, view: View, tracer: Tracer) -> Iterator[Edit]:
    """Either side may be the one that the test expects; most tests have it on the right."""
    sides = (
        (check.right, compared.right, compared.left),
        (check.left, compared.left, compared.right),
    )
    for node, expected, observed in sides:
        old, new = read_value(expected.source), read_value(observed.source)
        place = tracer.trace(node, check.whole, view)
        if place is None or old is None or new is None:
            continue
        is_here = place.node is node and check.comparison is not None
        if is_here and _is_singleton(old) != _is_singleton(new):
            edit = _with_operator(check, place, node, old, new, observed)
        else:
            edit = _adapted(place, old, new, observed)
        if edit is not None:
            yield edit
            return


def _adapted(place: Place, old: ast.expr, new: ast.expr, observed: Value) -> Edit | None:
    adapter = Adapter(literal_names(place.view.locals), _quote_of(place))
    made = adapter.adapt(place.node, old, new)
    if made is None or made is place.node:
        return None
    swaps = [Swap(change.old, change.new) for change in adapter.changes]
    return Edit(place, made, swaps, observed.imports)


def _is_singleton(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and any(value.value is one for one in _SINGLETONS)


def _with_operator(
    check: Check, place: Place, node: cst.BaseExpression, old: ast.expr, new: ast.expr, observed: Value
) -> Edit | None:
    """`is None` becomes `== value`, and the reverse."""
    comparison = check.comparison
    if (
        comparison is None
        or len(comparison.comparisons) != 1
        or comparison.comparisons[0].comparator is not node
    ):
        return None
    adapter = Adapter(literal_names(place.view.locals), _quote_of(place))
    made = adapter.adapt(node, old, new)
    if made is None:
        return None
    target = comparison.comparisons[0]
    kind = cst.Is if _is_singleton(new) else cst.Equal
    operator = kind(target.operator.whitespace_before, target.operator.whitespace_after)  # type: ignore[attr-defined]
    changed = target.with_changes(operator=operator, comparator=made)
    whole = comparison.with_changes(comparisons=[changed])
    swaps = [Swap(change.old, change.new) for change in adapter.changes]
    here = Place(place.file, place.owner, place.located, comparison, place.anchor, place.view)
    return Edit(here, whole, swaps, observed.imports)


def _contained(check: Check, compared: Compared, view: View, tracer: Tracer) -> Iterator[Edit]:
    """A text that is looked for in another one, or in a collection; or a collection that lacks what came."""
    place = tracer.trace(check.left, check.whole, view)
    old = read_value(compared.left.source)
    if place is not None and isinstance(old, ast.Constant) and isinstance(old.value, str):
        for found in _successors(old.value, compared.right):
            edit = _adapted(place, old, ast.Constant(found), compared.left)
            if edit is not None:
                yield edit
    container = tracer.trace(check.right, check.whole, view)
    known, new = read_value(compared.right.source), read_value(compared.left.source)
    if container is None or known is None or new is None or place is None or place.node is not check.left:
        return
    if isinstance(known, ast.List | ast.Tuple | ast.Set) and isinstance(check.left, cst.Name):
        edit = _adapted(container, known, type(known)([*known.elts, new]), compared.left)
        if edit is not None:
            yield edit


def _successors(fragment: str, container: Value) -> Iterator[str]:
    value = read_value(container.source)
    match value:
        case ast.Constant(value=str() as text):
            yield from fragments.successors(fragment, text)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            texts = [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]
            found = fragments.nearest(fragment, texts)
            if found is not None:
                yield found
        case None if container.type == "builtins.str":
            yield from fragments.successors(fragment, container.text)


def _affix(check: Check, compared: Compared, view: View, tracer: Tracer) -> Iterator[Edit]:
    place = tracer.trace(check.right, check.whole, view)
    old, text = read_value(compared.right.source), compared.left.text
    if place is None or not isinstance(old, ast.Constant) or not isinstance(old.value, str):
        return
    if check.operator == "startswith":
        found = fragments.starts_alike(old.value, text)
    else:
        found = fragments.ends_alike(old.value, text)
    edit = _adapted(place, old, ast.Constant(found), compared.right) if found else None
    if edit is not None:
        yield edit


def _quote_of(place: Place) -> str:
    """The quotes that the expression's strings have, or else those of the function around it."""
    for root in (place.node, place.anchor, place.located.node):
        for node in _strings(root):
            return node.quote[0]
    return '"'


def _strings(root: cst.CSTNode) -> Iterator[cst.SimpleString]:
    return (node for node in walk(root) if isinstance(node, cst.SimpleString))
