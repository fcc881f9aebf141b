"""Functions that a test defines, whose parameters no longer suit what calls them."""

from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.rewrite.scope import Scope, ScopedTransformer


@dataclass(frozen=True)
class AddParameters:
    """The method `method` of class `owner` takes more parameters: names with their places, from 0,
    in the order in which they are put in.
    """

    owner: str
    method: str
    added: tuple[tuple[int, str], ...]
    whole_file: bool

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Definitions in scope; one that takes such a name, or whatever comes, stays."""
        return module.visit(_Add(self, scope))


class _Add(ScopedTransformer):
    def __init__(self, rule: AddParameters, scope: Scope) -> None:
        super().__init__(scope)
        self._rule = rule

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        is_it = self._names[-2:] == [self._rule.owner, self._rule.method]
        parameters = updated_node.params
        names = [p.name.value for p in (*parameters.posonly_params, *parameters.params)]
        if not (self.in_scope and is_it) or isinstance(parameters.star_arg, cst.Param):
            return updated_node
        if {name for _, name in self._rule.added} & set(names):
            return updated_node
        params = list(parameters.params)
        for place, name in self._rule.added:
            position = min(place - len(parameters.posonly_params), len(params))
            params.insert(max(position, 0), cst.Param(cst.Name(name)))
        separated = [p.with_changes(comma=cst.MaybeSentinel.DEFAULT) for p in params]
        return updated_node.with_changes(params=parameters.with_changes(params=separated))
