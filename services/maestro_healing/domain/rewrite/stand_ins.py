"""Functions of a test that stand in for others."""

from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.rewrite.scope import Scope


@dataclass(frozen=True)
class TakeKeyword:
    """Functions called `name` (`<lambda>` for those without one) take the keyword, and do nothing with it."""

    name: str
    keyword: str

    whole_file = True

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """All of that name that do not take it yet."""
        return module.visit(_Take(self))


class _Take(cst.CSTTransformer):
    def __init__(self, rule: TakeKeyword) -> None:
        super().__init__()
        self._rule = rule
        self._patching = 0

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if updated_node.name.value != self._rule.name:
            return updated_node
        return updated_node.with_changes(params=self._taking(updated_node.params))

    def visit_Call(self, node: cst.Call) -> None:
        self._patching += _patches(node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        self._patching -= _patches(original_node)
        return updated_node

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> cst.Lambda:
        if self._rule.name != "<lambda>" or not self._patching:
            return updated_node
        taking = self._taking(updated_node.params)
        space = cst.SimpleWhitespace(" ")
        return updated_node.with_changes(params=taking, whitespace_after_lambda=space)

    def _taking(self, parameters: cst.Parameters) -> cst.Parameters:
        known = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
        if parameters.star_kwarg is not None or any(p.name.value == self._rule.keyword for p in known):
            return parameters
        tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        new = cst.Param(cst.Name(self._rule.keyword), equal=tight, default=cst.Name("None"))
        if parameters.kwonly_params or isinstance(parameters.star_arg, cst.Param):
            kept = [p.with_changes(comma=cst.MaybeSentinel.DEFAULT) for p in parameters.kwonly_params]
            return parameters.with_changes(kwonly_params=[*kept, new])
        kept = [p.with_changes(comma=cst.MaybeSentinel.DEFAULT) for p in parameters.params]
        return parameters.with_changes(params=[*kept, new])


def _patches(node: cst.Call) -> bool:
    match node.func:
        case cst.Attribute(attr=cst.Name(value="setattr" | "patch" | "object")) | cst.Name(value="patch"):
            return True
    return False
