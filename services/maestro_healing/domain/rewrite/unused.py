"""Imports that an edit has left without a use."""

import ast
from collections.abc import Sequence

import libcst as cst


def remove_unused_imports(before: cst.Module, after: cst.Module) -> cst.Module:
    """`after` without the imports that `before` still used; what was unused already stays."""
    gone = _unused(after) - _unused(before)
    return after.visit(_Remover(gone)) if gone else after


def _unused(module: cst.Module) -> set[tuple[str, str]]:
    """Source module and text of each imported name that nothing in the file mentions."""
    tree = ast.parse(module.code)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            source = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) not in used:
                    found.add((source, ast.unparse(alias)))
    return found


class _Remover(cst.CSTTransformer):
    def __init__(self, gone: set[tuple[str, str]]) -> None:
        super().__init__()
        self._gone = gone

    def _keep(self, source: str, alias: cst.ImportAlias) -> bool:
        text = cst.Module([]).code_for_node(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        return (source, text) not in self._gone

    def _left(self, source: str, names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
        kept = [alias for alias in names if self._keep(source, alias)]
        if kept and len(kept) < len(names):
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return kept

    def leave_Import(
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.RemovalSentinel:
        kept = self._left("", updated_node.names)
        return updated_node.with_changes(names=kept) if kept else cst.RemoveFromParent()

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        source = cst.Module([]).code_for_node(updated_node.module) if updated_node.module else ""
        kept = self._left(source, updated_node.names)
        return updated_node.with_changes(names=kept) if kept else cst.RemoveFromParent()
