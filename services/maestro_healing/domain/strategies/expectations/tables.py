"""Rows of tables of cases: `parametrize`, and loops over a display."""

import ast
from collections.abc import Mapping, Sequence

import libcst as cst

from maestro_healing.domain.rewrite.literals.strings import evaluated
from maestro_healing.domain.rewrite.literals.values import same, tree_of
from maestro_healing.domain.rewrite.references import terminal

Found = tuple[cst.BaseExpression, cst.BaseExpression]  # a cell, and the row that it stands in


def target_names(target: cst.BaseExpression) -> list[str]:
    """The names that an unpacking gives values to, in order; empty strings for what is no name."""
    match target:
        case cst.Name(value=name):
            return [name]
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return [e.value.value if isinstance(e.value, cst.Name) else "" for e in elements]
    return []


def parametrized(decorator: cst.Decorator, name: str) -> tuple[Sequence[str], cst.BaseExpression] | None:
    """The names and the table of a `parametrize` that gives a parameter."""
    call = decorator.decorator
    if not isinstance(call, cst.Call) or terminal(call.func) != "parametrize":
        return None
    given = {a.keyword.value: a.value for a in call.args if a.keyword is not None}
    placed = [a.value for a in call.args if a.keyword is None and not a.star]
    first = placed[0] if placed else given.get("argnames")
    table = placed[1] if len(placed) > 1 else given.get("argvalues")
    if first is None or table is None:
        return None
    match first:
        case cst.SimpleString() | cst.ConcatenatedString():
            names = [part.strip() for part in str(evaluated(first)).split(",")]
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            names = [str(evaluated(element.value)) for element in elements]
        case _:
            return None
    return (names, table) if name in names else None


def row(
    table: cst.BaseExpression, names: Sequence[str], number: int | None, values: Mapping[str, str]
) -> cst.BaseExpression | None:
    """The row of this case; `values` are expressions that make its parameters."""
    if not isinstance(table, cst.List | cst.Tuple):
        return None
    if any(isinstance(element, cst.StarredElement) for element in table.elements):
        number = None
    rows = [element.value for element in table.elements]
    if number is None:
        fitting = [r for r in rows if _fits(r, names, values)]
        return fitting[0] if len(fitting) == 1 else None
    return rows[number] if number < len(rows) else None


def spread(row: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a `param(*CASE, ...)` takes its cells from."""
    match row:
        case cst.Call(func=function, args=[cst.Arg(star="*", value=value), *rest]) if terminal(
            function
        ) == "param" and all(argument.keyword is not None for argument in rest):
            return value
    return None


def looped(
    table: cst.BaseExpression, target: cst.BaseExpression, name: str, values: Mapping[str, str]
) -> Found | None:
    """The cell of a loop's name in the row at which the loop stood, told by the names' values."""
    names = target_names(target)
    known = {n: values[n] for n in names if n in values}
    if name not in names or not known:
        return None
    match table:
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            rows: list[cst.BaseExpression] = [element.value for element in elements]
        case cst.Call(func=cst.Attribute(value=cst.Dict(elements=pairs), attr=cst.Name(value="items"))):
            return _pair(pairs, names, name, known)
        case _:
            return None
    fitting = [r for r in rows if _fits(r, names, known)]
    return cell(fitting[0], names, name) if len(fitting) == 1 else None


def _pair(
    pairs: Sequence[cst.BaseDictElement], names: Sequence[str], name: str, known: Mapping[str, str]
) -> Found | None:
    for pair in pairs:
        if isinstance(pair, cst.DictElement) and len(names) == 2:
            key, value = names
            fits = _is(pair.key, known[key]) if key in known else False
            if fits and name == value:
                return pair.value, pair.value
    return None


def _cells(node: cst.BaseExpression, count: int) -> list[cst.BaseExpression]:
    match node:
        case cst.Call(func=function, args=arguments) if terminal(function) == "param":
            return [a.value for a in arguments if a.keyword is None]
        case cst.Tuple(elements=elements) | cst.List(elements=elements) if count > 1:
            return [element.value for element in elements]
    return [node]


def cell(node: cst.BaseExpression, names: Sequence[str], name: str) -> Found | None:
    """The cell of a name in a row."""
    cells = _cells(node, len(names))
    return (cells[names.index(name)], node) if len(cells) == len(names) else None


def _fits(node: cst.BaseExpression, names: Sequence[str], values: Mapping[str, str]) -> bool:
    """Whether a row holds these values, as far as its cells say what they are."""
    cells = _cells(node, len(names))
    if len(cells) != len(names):
        return False
    return all(_is(c, values[n]) for n, c in zip(names, cells, strict=True) if n in values and _is_plain(c))


def _is(node: cst.BaseExpression, source: str) -> bool:
    one, other = tree_of(cst.Module([]).code_for_node(node)), tree_of(source)
    return one is not None and other is not None and same(one, other)


def _is_plain(node: cst.BaseExpression) -> bool:
    tree = tree_of(cst.Module([]).code_for_node(node))
    try:
        ast.literal_eval(tree or ast.Name("_", ast.Load()))
    except ValueError:
        return False
    return True
