"""Imports that an edit has left without a use."""

from collections.abc import Sequence

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import GatherUnusedImportsVisitor
from libcst.metadata import MetadataWrapper


def remove_unused_imports(before: cst.Module, after: cst.Module) -> cst.Module:
    """`after` without the imports that `before` still used; what was unused already stays."""
    gone = _unused(after) - _unused(before)
    return after.visit(_Remover(gone)) if gone else after


def _unused(module: cst.Module) -> set[tuple[str, str]]:
    context = CodemodContext()
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    gatherer = GatherUnusedImportsVisitor(context)
    wrapper.visit(gatherer)
    found = set()
    for alias, statement in gatherer.unused_imports:
        source = (
            module.code_for_node(statement.module)
            if isinstance(statement, cst.ImportFrom) and statement.module
            else ""
        )
        found.add((source, module.code_for_node(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT))))
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
