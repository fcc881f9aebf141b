"""Collections that are compared in an order which the hashes of a run decide."""

from collections.abc import Iterator

import libcst as cst

from maestro_healing.domain.diagnosis.isolation.reordering import in_order, is_reordered, values
from maestro_healing.domain.rewrite.expression import ReplaceExpression
from maestro_healing.domain.rewrite.references import terminal
from maestro_healing.domain.rewrite.rule import InFile
from maestro_healing.domain.strategies.expectations.checks import checks_of
from maestro_healing.domain.strategies.expectations.scene import Scene, View
from maestro_healing.domain.strategies.strategy import Case


def sorters(case: Case) -> Iterator[tuple[InFile, ...]]:
    """The comparison that failed, with both sides sorted; nothing where they do not hold the same things."""
    scene = Scene(case)
    view = scene.views[0] if scene.views else None
    if view is None or view.statement is None or not is_reordered(case.failure):
        return
    for check in checks_of(view.statement):
        if check.operator == "==":
            sides = [side for side in (check.left, check.right) if not _is_sorted(side)]
            yield tuple(InFile(view.file, _sorting(side, view)) for side in sides)


def _is_sorted(side: cst.BaseExpression) -> bool:
    """Whether it is a plain list in order, or the call that makes one."""
    if isinstance(side, cst.Call):
        return terminal(side.func) == "sorted"
    found = values(cst.Module([]).code_for_node(side)) if isinstance(side, cst.List) else None
    return found is not None and found == in_order(found)


def _sorting(side: cst.BaseExpression, view: View) -> ReplaceExpression:
    old = view.code(side)
    match side:
        case cst.Call(func=cst.Name(value="list" | "tuple"), args=[cst.Arg(value=inner, star="")]):
            new = f"sorted({view.code(inner)})"
        case _:
            new = f"sorted({old})"
    return ReplaceExpression(view.owner, old, new, view.located.line(side))
