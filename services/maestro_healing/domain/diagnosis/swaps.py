"""Which expressions the product's code swapped for others: `tz.tzutc()` for `timezone.utc`."""

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial

from maestro_healing.domain.diagnosis.cochange import Place
from maestro_healing.domain.diagnosis.imports import Qualifier, imported_names
from maestro_healing.domain.sources import FolderTree

HOLE = "_hole_"
_LEAST_ALIKE = 0.4
_MOST_NODES = 40
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr, ast.Raise)


@dataclass(frozen=True)
class ExpressionSwap:
    """One expression in the place of another; names of imports are written as dotted paths.

    `_hole_1` and so on stand for what both keep. `roots` are what the new one imports, by path; `places` has
    a line of each function that made the swap, by the function's name.
    """

    old: str
    new: str
    roots: Mapping[str, str]
    places: Mapping[str, Place]


def expression_swaps(base: FolderTree | None, head: FolderTree) -> Sequence[ExpressionSwap]:
    """Swaps between expressions that are reached through imports, those with the most places first."""
    found: dict[tuple[str, str], ExpressionSwap] = {}
    for path in sorted(set(base.product) & set(head.product)) if base else ():
        old, new = (tree.text(path) or "" for tree in (base, head) if tree)
        if old == new:
            continue
        names = imported_names(old), imported_names(new)
        for scope, before, after in _paired_statements(old, new):
            for one, other in _differences(before.node, after.node):
                made = _swap(one, other, *names)
                if made is not None:
                    known = found.setdefault((made.old, made.new), made)
                    place = Place(path, after.line, after.text.partition("\n")[0])
                    found[made.old, made.new] = replace(
                        known, places={f"{head.module_name(path)}.{scope}": place, **known.places}
                    )
    return sorted(found.values(), key=lambda swap: -len(swap.places))


@dataclass(frozen=True)
class _Statement:
    text: str
    line: int
    node: ast.stmt


def _paired_statements(old: str, new: str) -> Iterator[tuple[str, _Statement, _Statement]]:
    """Simple statements that changed, function by function, each with the one that it became."""
    before, after = _functions(old), _functions(new)
    for scope in before.keys() & after.keys():
        one, other = before[scope], after[scope]
        matcher = SequenceMatcher(None, [s.text for s in one], [s.text for s in other], autojunk=False)
        for tag, start, stop, first, last in matcher.get_opcodes():
            if tag == "replace":
                yield from ((scope, *pair) for pair in _in_order(one[start:stop], other[first:last]))


def _in_order(
    before: Sequence[_Statement], after: Sequence[_Statement]
) -> Iterator[tuple[_Statement, _Statement]]:
    """Statements that stand for each other; as many of them pair off one by one."""
    if len(before) == len(after):
        yield from ((b, a) for b, a in zip(before, after, strict=True) if _alike(b, a) >= _LEAST_ALIKE)
        return
    rest = list(after)
    for statement in before:
        ranked = sorted(rest, key=partial(_alike, statement), reverse=True)
        if ranked and _alike(statement, ranked[0]) >= _LEAST_ALIKE:
            yield statement, ranked[0]
            rest = rest[rest.index(ranked[0]) + 1 :]


def _alike(one: _Statement, other: _Statement) -> float:
    if type(one.node) is not type(other.node):
        return 0.0
    return SequenceMatcher(None, one.text, other.text, autojunk=False).ratio()


def _functions(text: str) -> Mapping[str, list[_Statement]]:
    found: dict[str, list[_Statement]] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return found

    def visit(node: ast.AST, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                visit(child, f"{name}.{child.name}" if name else child.name)
                continue
            if isinstance(child, _SIMPLE):
                found.setdefault(name, []).append(_Statement(ast.unparse(child), child.lineno, child))
            visit(child, name)

    visit(tree, "")
    return found


def _differences(one: ast.AST, other: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The smallest expressions that differ."""
    if ast.dump(one) == ast.dump(other):
        return
    pairs = _children(one, other)
    if pairs is not None:
        for pair in pairs:
            yield from _differences(*pair)
    elif isinstance(one, ast.expr) and isinstance(other, ast.expr):
        yield one, other


def _children(one: ast.AST, other: ast.AST) -> list[tuple[ast.AST, ast.AST]] | None:
    """Parts that stand for each other; None where the nodes are of different make."""
    if type(one) is not type(other) or isinstance(one, ast.Name | ast.Attribute | ast.Constant):
        return None
    match one, other:
        case ast.Call(func=called), ast.Call(func=now) if ast.dump(called) != ast.dump(now):
            if not _is_same_method(called, now):
                return None
    left, right = list(ast.iter_child_nodes(one)), list(ast.iter_child_nodes(other))
    if len(left) != len(right):
        return None
    return list(zip(left, right, strict=True))


def _is_same_method(one: ast.expr, other: ast.expr) -> bool:
    """Whether the same method is called of two expressions."""
    match one, other:
        case ast.Attribute(value=ast.Name()), ast.Attribute(value=ast.Name()):
            return False
        case ast.Attribute(attr=name), ast.Attribute(attr=now):
            return name == now
    return False


def _swap(
    one: ast.expr, other: ast.expr, before: Mapping[str, str], after: Mapping[str, str]
) -> ExpressionSwap | None:
    """The swap in terms of what any file can import; None where it is about the function's own names."""
    is_part = any(isinstance(node, ast.Slice | ast.Starred) for node in (one, other))
    if is_part or sum(1 for _ in ast.walk(one)) > _MOST_NODES:
        return None
    old_side, new_side = Qualifier(before), Qualifier(after)
    old = old_side.visit(ast.parse(ast.unparse(one), mode="eval").body)
    new = new_side.visit(ast.parse(ast.unparse(other), mode="eval").body)
    head = old.func if isinstance(old, ast.Call) else old
    if not (isinstance(head, ast.Name) and "." in head.id) or ast.unparse(old) == ast.unparse(new):
        return None
    free = [_free_names(tree) for tree in (old, new)]
    if not free[1] <= free[0]:
        return None
    holes = {name: f"{HOLE}{number}" for number, name in enumerate(sorted(free[0]), 1)}
    for tree in (old, new):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in holes:
                node.id = holes[node.id]
    return ExpressionSwap(ast.unparse(old), ast.unparse(new), new_side.roots, {})


def _free_names(tree: ast.AST) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {name for name in names if "." not in name and not hasattr(builtins, name)}
