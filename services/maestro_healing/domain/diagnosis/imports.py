"""What the names of a file stand for, by its imports."""

import ast
from collections.abc import Mapping
from functools import lru_cache


@lru_cache(maxsize=64)
def imported_names(text: str) -> Mapping[str, str]:
    """Local names with the dotted paths that they were imported from, the first of several.

    Relative imports are left out.
    """
    found: dict[str, str] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return found
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    found.setdefault(alias.asname or top, alias.name if alias.asname else top)
            case ast.ImportFrom(module=str() as module, names=aliases, level=0):
                for alias in aliases:
                    found.setdefault(alias.asname or alias.name, f"{module}.{alias.name}")
    return found


class Qualifier(ast.NodeTransformer):
    """Puts one name, its dotted path, for each name that is reached through an import.

    `roots` then says, for each path, what was imported of it.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.roots: dict[str, str] = {}

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        path, inner = [node.attr], node.value
        while isinstance(inner, ast.Attribute):
            path.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id in self._names:
            root = self._names[inner.id]
            full = ".".join((root, *reversed(path)))
            self.roots[full] = root
            return ast.Name(full, ast.Load())
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self._names:
            return node
        path = self._names[node.id]
        self.roots[path] = path
        return ast.Name(path, ast.Load())
