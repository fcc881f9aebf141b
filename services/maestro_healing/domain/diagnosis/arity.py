"""How many values a callable returns or yields."""

import ast
import re

from maestro_healing.domain.diagnosis.surface import Symbol


def tuple_length(symbol: Symbol) -> int | None:
    """The length of the tuples that it returns or yields, where all have the same;
    else what its annotation says.
    """
    try:
        tree = ast.parse(symbol.source)
    except SyntaxError:
        return None
    values = [
        n.value for n in ast.walk(tree) if isinstance(n, ast.Return | ast.Yield) and n.value is not None
    ]
    lengths = {len(value.elts) if isinstance(value, ast.Tuple) else 0 for value in values}
    if len(lengths) == 1 and 0 not in lengths:
        return lengths.pop()
    return _annotated(symbol.returns)


def _annotated(returns: str) -> int | None:
    if not re.search(r"\b[Tt]uple\[", returns):
        return None
    for node in ast.walk(ast.parse(returns, mode="eval")):
        match node:
            case ast.Subscript(
                value=ast.Name(id=name) | ast.Attribute(attr=name), slice=ast.Tuple(elts=elements)
            ):
                is_open = any(isinstance(e, ast.Constant) and e.value is ... for e in elements)
                if name.lower() == "tuple" and not is_open:
                    return len(elements)
    return None
