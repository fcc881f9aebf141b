"""Attributes and methods of objects whose type the source does not tell."""

from dataclasses import dataclass
from enum import StrEnum

import libcst as cst

from maestro_healing.domain.rewrite.scope import Scope, ScopedTransformer


@dataclass(frozen=True)
class RenameAttribute:
    """Every attribute `old` in scope is called `new`."""

    old: str
    new: str

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Reads, calls, assignments and deletions."""
        return module.visit(_Rename(self, scope))


class _Rename(ScopedTransformer):
    def __init__(self, rule: RenameAttribute, scope: Scope) -> None:
        super().__init__(scope)
        self._rule = rule

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        if not self.in_scope or original_node.attr.value != self._rule.old:
            return updated_node
        return updated_node.with_changes(attr=updated_node.attr.with_changes(value=self._rule.new))


class Access(StrEnum):
    """How an attribute is reached."""

    CALL = "call"
    VALUE = "value"


@dataclass(frozen=True)
class ChangeAccess:
    """What was read as a value is called, or the other way round."""

    name: str
    becomes: Access

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Uses in scope; a call with arguments never becomes a value."""
        return module.visit(_Access(self, scope))


class _Access(ScopedTransformer):
    def __init__(self, rule: ChangeAccess, scope: Scope) -> None:
        super().__init__(scope)
        self._rule = rule
        self._called: set[cst.Attribute] = set()
        self._stored: set[cst.BaseExpression] = set()

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute):
            self._called.add(node.func)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._stored.add(node.target)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        fits = (
            self.in_scope
            and original_node.attr.value == self._rule.name
            and self._rule.becomes is Access.CALL
        )
        if not fits or original_node in self._called or original_node in self._stored:
            return updated_node
        return cst.Call(updated_node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        function = updated_node.func
        fits = self.in_scope and self._rule.becomes is Access.VALUE and not updated_node.args
        if fits and isinstance(function, cst.Attribute) and function.attr.value == self._rule.name:
            return function
        return updated_node
