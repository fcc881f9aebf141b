"""Tuples that a callable returns with more or fewer values than before."""

from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.rewrite.references import terminal
from maestro_healing.domain.rewrite.scope import Scope, ScopedTransformer

_UNUSED = "_"


@dataclass(frozen=True)
class ExtendUnpacking:
    """Where a call of `callee` is unpacked into `old_count` names, the values that came later are ignored."""

    callee: str
    old_count: int
    new_count: int

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Targets of assignments, of `with` and of `for` in scope."""
        return module.visit(_Unpacking(self, scope))


class _Unpacking(ScopedTransformer):
    def __init__(self, rule: ExtendUnpacking, scope: Scope) -> None:
        super().__init__(scope)
        self._rule = rule

    def _is_call(self, node: cst.BaseExpression | None) -> bool:
        return self.in_scope and isinstance(node, cst.Call) and terminal(node.func) == self._rule.callee

    def _extended(self, target: cst.BaseExpression) -> cst.BaseExpression:
        if not isinstance(target, cst.Tuple | cst.List) or len(target.elements) != self._rule.old_count:
            return target
        if any(isinstance(element, cst.StarredElement) for element in target.elements):
            return target
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        elements = [e.with_changes(comma=comma) for e in target.elements]
        missing = self._rule.new_count - self._rule.old_count
        elements += [cst.Element(cst.Name(_UNUSED), comma=comma) for _ in range(missing)]
        elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return target.with_changes(elements=elements)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        if not self._is_call(updated_node.value):
            return updated_node
        targets = [t.with_changes(target=self._extended(t.target)) for t in updated_node.targets]
        return updated_node.with_changes(targets=targets)

    def leave_WithItem(self, original_node: cst.WithItem, updated_node: cst.WithItem) -> cst.WithItem:
        name = updated_node.asname
        if name is None or not self._is_call(updated_node.item):
            return updated_node
        return updated_node.with_changes(asname=name.with_changes(name=self._extended(name.name)))

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        if not self._is_call(updated_node.iter):
            return updated_node
        return updated_node.with_changes(target=self._extended(updated_node.target))
