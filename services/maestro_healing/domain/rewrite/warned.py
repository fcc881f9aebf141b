"""Statements in which a test says that it expects a warning."""

from dataclasses import dataclass

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.located import located, walk
from maestro_healing.domain.rewrite.scope import Scope


@dataclass(frozen=True)
class ExpectWarning:
    """In the function `owner`, the statement that reads `statement` runs in `with pytest.warns(...)`.

    `category` is a name of Python's own, `match` a pattern of the message. Of several statements that read so
    it is the one nearest to `line`, counted from 0 at the owner's first line. A `with` gets one more item.
    """

    owner: str
    statement: str
    line: int
    category: str
    match: str

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """The place is named exactly, so the scope says nothing more."""
        definition = located(module, self.owner)
        same = [
            node
            for node in (walk(definition.node) if definition else ())
            if isinstance(node, cst.SimpleStatementLine | cst.With) and head(node) == self.statement
        ]
        if definition is None or not same:
            return module
        node = min(same, key=lambda node: abs(definition.line(node) - self.line))
        changed = cst.ensure_type(module.deep_replace(node, self._expecting(node)), cst.Module)
        return AddImportsVisitor(CodemodContext(), [ImportItem("pytest")]).transform_module(changed)

    def _expecting(self, node: cst.SimpleStatementLine | cst.With) -> cst.With:
        item = cst.WithItem(
            cst.parse_expression(f'pytest.warns({self.category}, match="{self.match}")'),
        )
        if isinstance(node, cst.With):
            return node.with_changes(items=[item, *node.items])
        inner = node.with_changes(leading_lines=[])
        return cst.With([item], cst.IndentedBlock([inner]), leading_lines=node.leading_lines)


def head(node: cst.SimpleStatementLine | cst.With) -> str:
    """A statement's text without the comments above it; of a `with` what it opens."""
    if isinstance(node, cst.With):
        return ", ".join(cst.Module([]).code_for_node(item.item) for item in node.items)
    return cst.Module([]).code_for_node(node.with_changes(leading_lines=[])).strip()
