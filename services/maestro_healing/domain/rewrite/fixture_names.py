"""Fixtures by another name."""

from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.rewrite.references import terminal
from maestro_healing.domain.rewrite.scope import Scope


@dataclass(frozen=True)
class RenameFixture:
    """Tests and fixtures that take `old` take `new`; within them it is called so, too."""

    old: str
    new: str

    whole_file = True

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Parameters, their uses, and `usefixtures`."""
        return module.visit(_Rename(self.old, self.new))


class _Rename(cst.CSTTransformer):
    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old = old
        self._new = new
        self._inside = 0

    def _takes(self, node: cst.FunctionDef) -> bool:
        return any(p.name.value == self._old for p in (*node.params.params, *node.params.kwonly_params))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._inside += self._takes(node)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self._inside -= self._takes(original_node)
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        renamed = self._inside > 0 and original_node.value == self._old
        return updated_node.with_changes(value=self._new) if renamed else updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if terminal(original_node.func) != "usefixtures":
            return updated_node
        args = [arg.with_changes(value=self._text(arg.value)) for arg in updated_node.args]
        return updated_node.with_changes(args=args)

    def _text(self, node: cst.BaseExpression) -> cst.BaseExpression:
        if isinstance(node, cst.SimpleString) and node.evaluated_value == self._old:
            return node.with_changes(value=f"{node.prefix}{node.quote}{self._new}{node.quote}")
        return node
