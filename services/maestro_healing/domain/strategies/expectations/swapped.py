"""Expectations built by an expression that the product's own code swapped for another."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.imports import Qualifier, imported_names
from maestro_healing.domain.diagnosis.swaps import HOLE, ExpressionSwap
from maestro_healing.domain.diagnosis.witnesses import Swap, swap_support
from maestro_healing.domain.model import Evidence
from maestro_healing.domain.rewrite.inline import substitute
from maestro_healing.domain.rewrite.literals.values import replaced, tree_of
from maestro_healing.domain.rewrite.located import walk
from maestro_healing.domain.rewrite.references import is_free, terminal
from maestro_healing.domain.strategies.expectations.checks import checks_of
from maestro_healing.domain.strategies.expectations.edits import Edit
from maestro_healing.domain.strategies.expectations.scene import Scene
from maestro_healing.domain.strategies.expectations.tracing import Place, Tracer

_MOST_SWAPS = 6


def swapped_expressions(
    scene: Scene, change: ProductChange
) -> Iterator[tuple[Sequence[Edit], Sequence[Evidence]]]:
    """Edits that make the same swap in what the failing check compares, and in the test's other checks."""
    if not scene.failure.is_a("AssertionError") or not scene.views:
        return
    places = list(_compared(scene))
    for swap in change.expression_swaps:
        here = [edit for edit in (_edit(place, swap, scene) for place in places) if edit is not None][:1]
        if not here:
            continue
        evidence = swap_support(swap, change)
        alike = [e for e in (_edit(p, swap, scene) for p in _other_checks(here[0], scene)) if e is not None]
        if alike:
            yield [*here, *alike], evidence
        yield here, evidence


def _compared(scene: Scene) -> Iterator[Place]:
    """What the sides of the failing check come from, the expected one first."""
    view = scene.views[0]
    tracer = Tracer(scene)
    for check in checks_of(view.statement) if view.statement is not None else ():
        for side in (check.right, check.left):
            yield from tracer.sources(side, check.whole, view)


def _other_checks(edit: Edit, scene: Scene) -> Iterator[Place]:
    """The other checks of the same function that are made in the same way."""
    view = edit.place.view
    callee = terminal(edit.place.anchor.func) if isinstance(edit.place.anchor, cst.Call) else None
    for node in walk(view.function):
        if not isinstance(node, cst.SimpleStatementLine):
            continue
        for small in node.body:
            match small:
                case cst.Assert(test=test) if callee is None:
                    root: cst.BaseExpression = test
                case cst.Expr(value=cst.Call(func=function) as call) if terminal(function) == callee:
                    root = call
                case _:
                    continue
            if root is not edit.place.anchor:
                yield Place(view.file, view.owner, view.located, root, root, view)


def _edit(place: Place, swap: ExpressionSwap, scene: Scene) -> Edit | None:
    """All of the old expression in a place, in terms of what the file imports."""
    names = imported_names(scene.case.texts.get(place.file, ""))
    pattern = _Paths().visit(ast.parse(swap.old, mode="eval").body)
    made, imports = place.node, set[str]()
    swaps: list[Swap] = []
    for node in _matching(place, pattern, names):
        written = _written(swap, names, place)
        holes = _holes(node, pattern, names, place)
        if written is None or holes is None:
            return None
        new = substitute(written[0], holes)
        made = replaced(made, node, new)
        imports |= set(written[1])
        swaps.append(Swap(place.located.code(node), place.located.code(new)))
    return Edit(place, made, swaps, tuple(sorted(imports))) if swaps else None


def _matching(place: Place, pattern: ast.expr, names: Mapping[str, str]) -> list[cst.BaseExpression]:
    nodes = (node for node in walk(place.node) if isinstance(node, cst.Call | cst.Attribute | cst.Name))
    return [node for node in nodes if _unified(_tree(node, names, place), pattern) is not None]


def _tree(node: cst.BaseExpression, names: Mapping[str, str], place: Place) -> ast.expr | None:
    tree = tree_of(place.located.code(node))
    if tree is None:
        return None
    qualified = Qualifier(names).visit(tree)
    return qualified if isinstance(qualified, ast.expr) else None


def _holes(
    node: cst.BaseExpression, pattern: ast.expr, names: Mapping[str, str], place: Place
) -> dict[str, cst.BaseExpression] | None:
    """What stands in the holes, as the file has it."""
    if not isinstance(node, cst.Call) or not isinstance(pattern, ast.Call):
        return {}
    found: dict[str, cst.BaseExpression] = {}
    given = [*pattern.args, *(keyword.value for keyword in pattern.keywords)]
    for argument, part in zip(node.args, given, strict=False):
        if isinstance(part, ast.Name) and part.id.startswith(HOLE):
            found[part.id] = argument.value
    wanted = {n.id for n in ast.walk(pattern) if isinstance(n, ast.Name) and n.id.startswith(HOLE)}
    return found if wanted <= set(found) else None


class _Paths(ast.NodeTransformer):
    """Puts one name for each dotted one, as a qualified tree has it."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path = ast.unparse(node)
        return ast.Name(path, ast.Load()) if re.fullmatch(r"[\w.]+", path) else self.generic_visit(node)


def _unified(tree: ast.AST | None, pattern: ast.AST) -> dict[str, str] | None:
    """What the pattern's holes stand for in a tree; None where it does not fit."""
    if tree is None:
        return None
    if isinstance(pattern, ast.Name) and pattern.id.startswith(HOLE):
        return {pattern.id: ast.dump(tree)}
    if type(tree) is not type(pattern):
        return None
    if isinstance(tree, ast.Name | ast.Constant):
        return {} if ast.dump(tree) == ast.dump(pattern) else None
    if isinstance(tree, ast.keyword) and isinstance(pattern, ast.keyword) and tree.arg != pattern.arg:
        return None
    if isinstance(tree, ast.Attribute) and isinstance(pattern, ast.Attribute) and tree.attr != pattern.attr:
        return None
    parts, wanted = list(ast.iter_child_nodes(tree)), list(ast.iter_child_nodes(pattern))
    if len(parts) != len(wanted):
        return None
    found: dict[str, str] = {}
    for part, other in zip(parts, wanted, strict=True):
        inner = _unified(part, other)
        if inner is None or any(found.get(hole, value) != value for hole, value in inner.items()):
            return None
        found |= inner
    return found


def _written(
    swap: ExpressionSwap, names: Mapping[str, str], place: Place
) -> tuple[str, Sequence[str]] | None:
    """The new expression with the file's own names, and what it has to import besides."""
    text = swap.new
    imports = []
    by_path = {path: name for name, path in names.items()}
    for full, root in sorted(swap.roots.items(), key=lambda pair: -len(pair[0])):
        parent, _, last = root.rpartition(".")
        if root in by_path:
            local = by_path[root]
        elif parent in by_path:
            local = f"{by_path[parent]}.{last}"
        elif not is_free(last, place.located.module, place.located.node):
            return None
        else:
            local = last
            imports.append(root)
        text = text.replace(full, local + full[len(root) :])
    return text, imports
