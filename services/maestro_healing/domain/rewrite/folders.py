"""Context managers that work in a folder of their own."""

from dataclasses import dataclass

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.references import bound_names
from maestro_healing.domain.rewrite.scope import Scope, ScopedTransformer

_FIXTURE = "monkeypatch"


@dataclass(frozen=True)
class UseTemporaryFolder:
    """`with x.name():` becomes `with tempfile.TemporaryDirectory()` and a change of folder for its time.

    A test that does nothing else with `x` stays: it is about `name` itself.
    """

    name: str

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Test functions in scope that are no methods: they can take pytest's fixture."""
        transformer = _Folders(self.name, scope, bound_names(module))
        changed = module.visit(transformer)
        if not transformer.changed:
            return module
        return AddImportsVisitor(CodemodContext(), [ImportItem("tempfile")]).transform_module(changed)


class _Folders(ScopedTransformer):
    def __init__(self, name: str, scope: Scope, taken: frozenset[str]) -> None:
        super().__init__(scope)
        self._name = name
        self._free = {name: _free(name, taken) for name in ("folder", "patch")}
        self._edited = False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        if len(self._names) > 1:
            return False
        self._edited = False
        return _uses_elsewhere(node, self._name)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if len(self._names) > 1 or not self._edited:
            return updated_node
        self.changed = True
        parameters = updated_node.params
        if any(p.name.value == _FIXTURE for p in parameters.params):
            return updated_node
        params = [*parameters.params, cst.Param(cst.Name(_FIXTURE))]
        separated = [p.with_changes(comma=cst.MaybeSentinel.DEFAULT) for p in params]
        return updated_node.with_changes(params=parameters.with_changes(params=separated))

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        item, *others = updated_node.items
        block = updated_node.body
        fits = self.in_scope and not others and _is_call(item.item, self._name)
        if not fits or not isinstance(block, cst.IndentedBlock):
            return updated_node
        self._edited = True
        known = item.asname.name if item.asname else cst.Name(self._free["folder"])
        folder = known if isinstance(known, cst.Name) else cst.Name(self._free["folder"])
        patch = self._free["patch"]
        items = [
            cst.WithItem(cst.parse_expression("tempfile.TemporaryDirectory()"), cst.AsName(folder)),
            cst.WithItem(cst.parse_expression(f"{_FIXTURE}.context()"), cst.AsName(cst.Name(patch))),
        ]
        enter = cst.parse_statement(f"{patch}.chdir({folder.value})\n")
        body = block.with_changes(body=[enter, *block.body])
        return updated_node.with_changes(items=items, body=body)


def _free(name: str, taken: frozenset[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _is_call(node: cst.BaseExpression, name: str) -> bool:
    """Whether it is `x.name()`, without arguments."""
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Name(), attr=cst.Name(value=called)), args=args):
            return called == name and not args
    return False


def _uses_elsewhere(function: cst.FunctionDef, name: str) -> bool:
    """Whether each object whose `name` is called does more in the function than that."""
    calls: list[str] = []
    uses: list[str] = []

    class Visitor(cst.CSTVisitor):
        def visit_Attribute(self, node: cst.Attribute) -> None:
            if isinstance(node.value, cst.Name):
                (calls if node.attr.value == name else uses).append(node.value.value)

    function.body.visit(Visitor())
    return bool(calls) and set(calls) <= set(uses)
