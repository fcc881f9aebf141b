"""One expression put in the place of another."""

from dataclasses import dataclass

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.located import located
from maestro_healing.domain.rewrite.scope import Scope


@dataclass(frozen=True)
class ReplaceExpression:
    """In the definition `owner`, the expression that reads `old` becomes `new`.

    Of several that read so it is the one nearest to `line`, counted from 0 at the owner's first line.
    `imports` are dotted paths that the file then imports by their last name.
    """

    owner: str
    old: str
    new: str
    line: int
    imports: tuple[str, ...] = ()

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """The place is named exactly, so the scope says nothing more."""
        definition = located(module, self.owner)
        node = definition.find(self.old, self.line) if definition else None
        if node is None:
            return module
        new = cst.parse_expression(self.new, module.config_for_parsing)
        changed = cst.ensure_type(module.deep_replace(node, new), cst.Module)
        for path in self.imports:
            package, _, name = path.rpartition(".")
            changed = AddImportsVisitor(CodemodContext(), [ImportItem(package, name)]).transform_module(
                changed
            )
        return changed
